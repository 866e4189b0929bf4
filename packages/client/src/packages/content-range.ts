/** Which bytes of a content an answer holds. */
export interface ContentRange {
  /** Undefined in the answer to a range that there is nothing of. */
  readonly start: number | undefined;
  readonly totalBytes: number | undefined;
}

/** Reads a Content-Range header (RFC 9110, section 14.4); undefined for one that makes no sense. */
export function parseContentRange(value: string | null): ContentRange | undefined {
  const groups = /^bytes (?:(?<start>\d+)-(?<end>\d+)|\*)\/(?<total>\d+|\*)$/i.exec(
    value?.trim() ?? "",
  )?.groups;
  if (groups === undefined) return undefined;
  const start = numberOf(groups.start);
  const end = numberOf(groups.end);
  const totalBytes = groups.total === "*" ? undefined : numberOf(groups.total);
  if (start !== undefined && end !== undefined) {
    if (end < start || (totalBytes !== undefined && end >= totalBytes)) return undefined;
  }
  return { start, totalBytes };
}

function numberOf(digits: string | undefined): number | undefined {
  return digits === undefined ? undefined : Number(digits);
}
