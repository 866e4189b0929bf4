import { OpAMPError } from "@opamp/protocol";
import type { WholeConnectionSettings } from "../connection-settings.ts";
import type { SwitchControl } from "../link.ts";

/** A shared connection stays where it is: none of its clients can take the others along. */
export function refusedSwitch(present: WholeConnectionSettings): SwitchControl {
  const refuse = async (): Promise<never> => {
    throw new OpAMPError(
      "invalid-state",
      "switchConnection: the client is on a shared connection, which one client cannot switch; stop it and make one with other settings",
    );
  };
  return { present, to: refuse, startWith: refuse, remember() {}, async allSaid() {} };
}
