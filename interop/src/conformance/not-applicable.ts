/** Cases that say nothing about a peer, and why, by the ids of peer and case. */
export const notApplicable = {
  "opamp-go-server": {},
  "elastic-server": {},
  "opamp-go-client": {},
  "elastic-client": {},
  "opentelemetry-python-client": {},
  "opentelemetry-java-client": {},
} as const satisfies Readonly<Record<string, Readonly<Record<string, string>>>>;
