import { OpAMPError } from "@opamp/protocol";
import { parseRetryAfter } from "../transport/retry-after.ts";
import { describeUrl } from "../transport/server-url.ts";
import { parseContentRange } from "./content-range.ts";
import type { PackageResponse } from "./packages-options.ts";

/** What was asked for. */
export interface WantedRange {
  readonly url: URL;
  /** From which byte on; undefined for all of it. */
  readonly from: number | undefined;
  readonly nowMs: number;
}

/** The body of an answer, and what it is a part of. */
export interface OpenContent {
  readonly body: AsyncIterable<Uint8Array>;
  /** The position in the content of the body's first byte. */
  readonly startsAt: number;
  /** Undefined when the server does not say. */
  readonly totalBytes: number | undefined;
  /** What makes sure that a later part is of the same content. */
  readonly validator: string | undefined;
  /** Whether a later part can be asked for by its position. */
  readonly isResumable: boolean;
}

/** Throws an `OpAMPError` for an answer without the content. */
export function openContent(response: PackageResponse, wanted: WantedRange): OpenContent {
  switch (response.status) {
    case 200:
      return whole(response);
    case 206:
      return part(response, wanted);
    case 416:
      return beyond(response, wanted);
    default:
      throw refusal(response, wanted);
  }
}

function whole(response: PackageResponse): OpenContent {
  const isEncoded = isEncodedIn(response);
  const length = response.headers.get("content-length");
  return {
    body: response.body ?? nothing(),
    startsAt: 0,
    totalBytes: isEncoded || length === null ? undefined : Number(length),
    validator: isEncoded ? undefined : validatorOf(response),
    isResumable: !isEncoded && response.headers.get("accept-ranges") !== "none",
  };
}

function part(response: PackageResponse, { from }: WantedRange): OpenContent {
  const range = parseContentRange(response.headers.get("content-range"));
  if (from === undefined || range?.start !== from || isEncodedIn(response)) {
    throw unexpected("the server sent another range than was asked for", 206);
  }
  return {
    body: response.body ?? nothing(),
    startsAt: from,
    totalBytes: range.totalBytes,
    validator: validatorOf(response),
    isResumable: true,
  };
}

/** There is nothing after what is there already: either that is all, or it is of something else. */
function beyond({ headers }: PackageResponse, { from }: WantedRange): OpenContent {
  const totalBytes = parseContentRange(headers.get("content-range"))?.totalBytes;
  if (from === undefined || totalBytes !== from) {
    throw unexpected("the server has no such range", 416);
  }
  return { body: nothing(), startsAt: from, totalBytes, validator: undefined, isResumable: true };
}

function refusal({ status, headers }: PackageResponse, { url, nowMs }: WantedRange): OpAMPError {
  const problem = `${describeUrl(url)} answered with status ${status}`;
  if (status === 401 || status === 403) return new OpAMPError("unauthorized", problem, { status });
  if (status !== 429 && status !== 503) return unexpected(problem, status);
  const retryAfterMs = parseRetryAfter(headers.get("retry-after") ?? undefined, nowMs);
  const options = retryAfterMs === undefined ? { status } : { status, retryAfterMs };
  return new OpAMPError("throttled", problem, options);
}

/** A weak entity tag does not promise equal bytes (RFC 9110, section 13.1.5). */
function validatorOf({ headers }: PackageResponse): string | undefined {
  const tag = headers.get("etag");
  if (tag !== null && !tag.startsWith("W/")) return tag;
  return headers.get("last-modified") ?? undefined;
}

/** Positions and lengths of an encoded answer are not those of the content. */
function isEncodedIn({ headers }: PackageResponse): boolean {
  const encoding = headers.get("content-encoding")?.trim().toLowerCase() ?? "identity";
  return encoding !== "identity" && encoding !== "";
}

function unexpected(problem: string, status: number): OpAMPError {
  return new OpAMPError("unexpected-response", problem, { status });
}

async function* nothing(): AsyncGenerator<Uint8Array> {}
