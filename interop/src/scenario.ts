import type { Ability, TransportName } from "./ability.ts";
import type { Match } from "./pair.ts";

/** Something that a client and a server do together, whoever wrote them. */
export interface Scenario {
  readonly title: string;
  /** What both ends must be able to do. */
  readonly needs: readonly Ability[];
  /** @default both */
  readonly over?: TransportName;
  run(match: Match): Promise<void>;
}

/** Whether both ends have the transport and can do what the scenario needs. */
export function isPossible(scenario: Scenario, { client, server, transport }: Match): boolean {
  if (scenario.over !== undefined && scenario.over !== transport) return false;
  return [client, server].every(({ abilities }) => {
    const able = abilities[transport];
    return able !== undefined && scenario.needs.every((need) => able.includes(need));
  });
}
