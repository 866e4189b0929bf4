import {
  ConnectionSettingsOffered,
  type ConnectionSettingsOfferedParts,
} from "../connection-settings-offered.ts";
import type { StartSettings } from "../settings.ts";
import { AcceptedOffers } from "./accepted-offers.ts";
import { OfferedSwitch, type OfferedSwitchParts } from "./offered-switch.ts";
import { offersFromInit } from "./offers-from-init.ts";

type Parts = Omit<
  ConnectionSettingsOfferedParts & OfferedSwitchParts,
  "policy" | "accepted" | "ownSwitch"
>;

/** Puts together all that becomes of offered connection settings. */
export function createConnectionSettingsOffered(
  { connectionSettingsPolicy: policy = {}, acceptedConnectionSettings }: StartSettings,
  parts: Parts,
): ConnectionSettingsOffered {
  const accepted = new AcceptedOffers(
    acceptedConnectionSettings && offersFromInit(acceptedConnectionSettings),
  );
  const ownSwitch = new OfferedSwitch({ ...parts, policy });
  return new ConnectionSettingsOffered({ ...parts, policy, accepted, ownSwitch });
}
