/** Throws when a header cannot be sent (RFC 9110, section 5). */
export function assertSendableHeader(name: string, value: string): void {
  if (!/^[!#$%&'*+.^_`|~\w-]+$/.test(name)) {
    throw new TypeError(`${JSON.stringify(name)} is no name of a header`);
  }
  if (!/^[\t\x20-\x7e\x80-\xff]*$/.test(value)) {
    throw new TypeError(`header ${name} has a character that cannot be sent`);
  }
}

/** The headers without those that HTTP/1.1 has for one connection (RFC 9113, section 8.2.2). */
export function withoutConnectionHeaders(
  headers: Readonly<Record<string, string>>,
): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !ofConnection.has(name)));
}

const ofConnection = new Set([
  "connection",
  "http2-settings",
  "keep-alive",
  "proxy-connection",
  "te",
  "transfer-encoding",
  "upgrade",
]);
