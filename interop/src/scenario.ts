import type { Ability } from "./ability.ts";
import type { Match } from "./pair.ts";

/** Something that a client and a server do together, whoever wrote them. */
export interface Scenario {
  readonly title: string;
  /** What both ends must be able to do. */
  readonly needs: readonly Ability[];
  run(match: Match): Promise<void>;
}

/** Whether both ends have the transport and can do what the scenario needs. */
export function isPossible(scenario: Scenario, { client, server, transport }: Match): boolean {
  return [client, server].every(({ abilities }) => {
    const able = abilities[transport];
    return able !== undefined && scenario.needs.every((need) => able.includes(need));
  });
}
