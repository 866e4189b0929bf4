import type { OpAMPError } from "@opamp/protocol";
import { createFakeClock, eventually, type FakeClock } from "@opamp/test-kit";
import { expect } from "vitest";
import {
  type Agent,
  type AgentSettings,
  type CertificateSettings,
  createAgent,
} from "../../src/index.ts";
import { temporaryDirectory } from "./state-directory.ts";

export const HOUR_MS = 3_600_000;

/** Of those that the client has by default. */
const LONGEST_TIMEOUT_MS = 30_000;

/** An agent that wants a certificate, over real sockets; its time is in the hands of the test. */
export interface CertificateAgent extends AsyncDisposable {
  readonly agent: Agent;
  readonly clock: FakeClock;
  readonly stateDirectory: string;
  readonly errors: readonly OpAMPError[];
  /** Every line of its log. */
  readonly log: readonly string[];
  /** The client certificate in force. */
  readonly cert: string | undefined;
  /** Lets time pass, once nothing is under way that a timeout would cut. */
  pass(ms: number): Promise<void>;
}

export interface CertificateAgentSettings extends Partial<Omit<AgentSettings, "clock">> {
  readonly serverUrl: string;
  readonly clock?: FakeClock;
  readonly certificate?: CertificateSettings;
}

export async function startCertificateAgent({
  clock = createFakeClock(Date.now()),
  stateDirectory = temporaryDirectory(),
  certificate = {},
  ...settings
}: CertificateAgentSettings): Promise<CertificateAgent> {
  const errors: OpAMPError[] = [];
  const log: string[] = [];
  const note = (line: string): void => void log.push(line);
  const agent = await createAgent({
    description: { serviceName: "edge" },
    connectionSettings: { certificate },
    // Nothing but what a test is about makes the agent speak.
    heartbeatIntervalMs: 240 * HOUR_MS,
    timeouts: { pingIntervalMs: 0, stopMs: 500 },
    random: () => 0,
    logger: { debug: note, info: note, warn: note, error: note },
    callbacks: { onError: (error) => void errors.push(error) },
    ...settings,
    stateDirectory,
    clock,
  });
  await agent.start();
  return {
    agent,
    clock,
    stateDirectory,
    errors,
    log,
    get cert() {
      return agent.client.connectionSettings.tls.cert?.toString();
    },
    async pass(ms) {
      await eventually(() => expect(clock.nextTimerMs).toBeGreaterThan(LONGEST_TIMEOUT_MS));
      await clock.advance(ms);
    },
    [Symbol.asyncDispose]: () => agent.stop(),
  };
}
