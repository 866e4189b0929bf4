// What the packages of this project share beside the protocol. No promise to others: it may change
// in any release.

export { copyBytes, equalBytes } from "./bytes.ts";
export { instanceUidFromName, uidsOfCertificate, uriOfInstanceUid } from "./certificate-uids.ts";
export {
  assertCustomCapabilities,
  assertKnownMembers,
  assertNumberSetting,
  numbersWithDefaults,
} from "./check-settings.ts";
export { guardLogger } from "./guard-logger.ts";
export { peekInstanceUid } from "./peek.ts";
export { decodeStatusPart, encodeStatusPart } from "./status-parts.ts";
export { stopAtViolation } from "./stop-at-violation.ts";
