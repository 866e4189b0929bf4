import {
  type ConnectionSettingsOffers,
  type ConnectionSettingsOffersInit,
  decodeServerToAgent,
  encodeServerToAgent,
} from "@opamp/protocol";

/** Plain data as the message it stands for. */
export function offersFromInit(
  init: ConnectionSettingsOffersInit,
): ConnectionSettingsOffers | undefined {
  const instanceUid = new Uint8Array(16);
  return decodeServerToAgent(encodeServerToAgent({ instanceUid, connectionSettings: init }))
    .connectionSettings;
}
