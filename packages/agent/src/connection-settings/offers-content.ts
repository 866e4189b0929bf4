import {
  type ConnectionSettingsOffers,
  type ConnectionSettingsOffersInit,
  decodeServerToAgent,
  encodeServerToAgent,
  OpAMPError,
} from "@opamp/protocol";

const NO_UID = new Uint8Array(16);

/** Offered settings as text: the message of the server that holds nothing else, in base64. */
export function textFromOffers(connectionSettings: ConnectionSettingsOffersInit): string {
  const message = encodeServerToAgent({ instanceUid: NO_UID, connectionSettings });
  return Buffer.from(message).toString("base64");
}

/** Undefined for what no `textFromOffers` made. */
export function offersFromText(text: unknown): ConnectionSettingsOffers | undefined {
  if (typeof text !== "string") return undefined;
  try {
    return decodeServerToAgent(Buffer.from(text, "base64")).connectionSettings;
  } catch (thrown) {
    if (thrown instanceof OpAMPError) return undefined;
    throw thrown;
  }
}
