import { createHash } from "node:crypto";
import { differenceOf } from "./snapshot.ts";
import type { SoakAgent } from "./soak-agent.ts";
import type { AgentRecord } from "./soak-server.ts";

/** One thing that had to hold, and what was wrong with it. */
export interface Check {
  readonly what: string;
  readonly problem: string | undefined;
}

/** Prints each and their sum, which is the outcome of the process. */
export function printChecks(checks: readonly Check[]): void {
  for (const { what, problem } of checks) {
    console.log(problem === undefined ? `ok   ${what}` : `FAIL ${what}: ${problem}`);
  }
  const failed = checks.filter(({ problem }) => problem !== undefined).length;
  console.log(`soak: ${checks.length - failed} passed, ${failed} failed`);
  process.exitCode = failed === 0 ? 0 : 1;
}

/** An agent and what the server knows of it. */
export interface Pair {
  readonly agent: SoakAgent;
  readonly record: AgentRecord;
}

/** Throws until both ends agree and nothing is under way. */
export function assertAtRest({ agent, record }: Pair): void {
  const { state } = agent.client.status;
  if (state !== "online") throw new Error(`${agent.name} is ${state}`);
  if (!record.fromAgent.isSettled) throw new Error(`${agent.name} has messages waiting`);
  if (!record.fromAgent.isCompleteOn(agent.connection)) {
    throw new Error(`a message of the last connection of ${agent.name} has not arrived`);
  }
  const problem = problemOfState({ agent, record });
  if (problem !== undefined) throw new Error(`${agent.name}: ${problem}`);
}

/** What has to hold at rest. */
export function checksOf({ agent, record }: Pair): readonly Check[] {
  const { fromAgent, toAgent } = record;
  const { lost } = fromAgent;
  return [
    { what: `${agent.name}: equal state at both ends`, problem: problemOfState({ agent, record }) },
    {
      what: `${agent.name}: ${fromAgent.arrived} of ${fromAgent.sent} messages to the server, none lost`,
      problem: lost > 0 ? `${lost} promises resolved for messages that never arrived` : undefined,
    },
    { what: `${agent.name}: messages to the server in order`, problem: fromAgent.problemOfOrder() },
    {
      what: `${agent.name}: every promise of a message settled`,
      problem: fromAgent.isSettled ? undefined : "some are pending",
    },
    {
      what: `${agent.name}: ${toAgent.arrived} of ${toAgent.sent} messages from the server, none lost on a connection that lived on`,
      problem: toAgent.problemOfLoss(),
    },
    { what: `${agent.name}: messages from the server in order`, problem: toAgent.problemOfOrder() },
  ];
}

function problemOfState({ agent, record }: Pair): string | undefined {
  const snapshot = agent.snapshot();
  const offered = createHash("sha256").update(record.config).digest("hex");
  if (record.config !== "" && snapshot.remoteConfigHash !== offered) {
    return "the agent does not have the config of the server";
  }
  return differenceOf(snapshot, record.snapshot());
}
