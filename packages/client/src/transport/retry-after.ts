const MONTHS: readonly string[] = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");

/** The three date forms of HTTP (RFC 9110, section 5.6.7); all of them mean UTC. */
const DATE_FORMS: readonly RegExp[] = [
  /^\w{3}, (?<day>\d\d) (?<month>\w{3}) (?<year>\d{4}) (?<time>\d\d:\d\d:\d\d) GMT$/,
  /^\w{6,9}, (?<day>\d\d)-(?<month>\w{3})-(?<year>\d\d) (?<time>\d\d:\d\d:\d\d) GMT$/,
  /^\w{3} (?<month>\w{3}) (?<day>[ \d]\d) (?<time>\d\d:\d\d:\d\d) (?<year>\d{4})$/,
];

/**
 * Milliseconds that a Retry-After header asks to wait (C-229): seconds or a date. A time that has
 * passed is 0; a value that is neither, or no header, is undefined.
 */
export function parseRetryAfter(value: string | undefined, nowMs: number): number | undefined {
  const text = value?.trim() ?? "";
  if (/^-?\d+$/.test(text)) return clampMs(Number(text) * 1000);
  const dateMs = parseHttpDate(text, nowMs);
  return dateMs === undefined ? undefined : clampMs(dateMs - nowMs);
}

function clampMs(ms: number): number {
  return Math.min(Math.max(0, ms), Number.MAX_SAFE_INTEGER);
}

function parseHttpDate(text: string, nowMs: number): number | undefined {
  for (const form of DATE_FORMS) {
    const groups = form.exec(text)?.groups;
    if (groups !== undefined) return timeOf(groups, nowMs);
  }
  return undefined;
}

function timeOf(groups: Record<string, string | undefined>, nowMs: number): number | undefined {
  const { day = "", month = "", year = "", time = "" } = groups;
  const monthIndex = MONTHS.indexOf(month);
  if (monthIndex === -1) return undefined;
  const [hours = 0, minutes = 0, seconds = 0] = time.split(":").map(Number);
  return Date.UTC(fullYear(year, nowMs), monthIndex, Number(day), hours, minutes, seconds);
}

/** A two-digit year more than 50 years ahead is one of the past century (RFC 9110). */
function fullYear(year: string, nowMs: number): number {
  if (year.length > 2) return Number(year);
  const thisYear = new Date(nowMs).getUTCFullYear();
  const full = thisYear - (thisYear % 100) + Number(year);
  return full > thisYear + 50 ? full - 100 : full;
}
