import type { Route } from "../connection-settings.ts";
import type { Link, LinkHost, SwitchControl } from "../link.ts";
import type { Line } from "./line.ts";
import { PollingMember } from "./polling-member.ts";
import { refusedSwitch } from "./refused-switch.ts";
import type { ResolvedShared } from "./resolve-shared.ts";
import { Turns } from "./turns.ts";
import { UidTable } from "./uid-table.ts";

/** How many requests are under way at once, and so how many sockets there are. */
const AT_ONCE = 32;

/**
 * HTTP for many agents. Each request is one agent's, and so are its retries (C-15); what they share
 * are the sockets.
 */
export class PollingLine implements Line {
  readonly options: ResolvedShared;
  readonly route: Route;
  readonly control: SwitchControl;
  readonly turns: Turns = new Turns(AT_ONCE);
  readonly uids: UidTable<PollingMember> = new UidTable();
  readonly members: Set<PollingMember> = new Set();

  constructor(options: ResolvedShared, route: Route) {
    this.options = options;
    this.route = route;
    this.control = refusedSwitch(route.settings);
  }

  get size(): number {
    return this.members.size;
  }

  createLink(host: LinkHost): Link {
    return new PollingMember(this, host);
  }
}
