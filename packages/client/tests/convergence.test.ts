import {
  copyStatusPart,
  OpAMPError,
  type OpAMPErrorCode,
  type StatusPart,
  type StatusPartInit,
  statusParts,
} from "@opamp/protocol";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ScriptedClient } from "./_util/scripted-client.ts";
import { createTrackingServer, type TrackingServer } from "./_util/tracking-server.ts";
import { startWholeAgent } from "./_util/whole-agent.ts";

/** An agent, its server, and what the agent was last told to report. */
interface World {
  readonly agent: ScriptedClient;
  readonly server: TrackingServer;
  readonly wanted: Map<StatusPart, StatusPartInit<StatusPart>>;
  config: StatusPartInit<"effectiveConfig">["configMap"];
}

interface Step {
  readonly name: string;
  run(world: World): unknown;
}

function setter<P extends StatusPart>(
  part: P,
  init: (n: number) => StatusPartInit<P>,
  set: (client: ScriptedClient["client"], value: StatusPartInit<P>) => void,
): fc.Arbitrary<Step> {
  return fc.nat(3).map((n) => ({
    name: `${part} ${n}`,
    run: ({ agent, wanted }) => {
      wanted.set(part, init(n));
      set(agent.client, init(n));
    },
  }));
}

const setters = [
  setter(
    "health",
    (n) => ({ status: `${n}` }),
    (client, value) => client.setHealth(value),
  ),
  setter(
    "remoteConfigStatus",
    (n) => ({ lastRemoteConfigHash: Uint8Array.of(n), status: n }),
    (client, value) => client.setRemoteConfigStatus(value),
  ),
  setter(
    "connectionSettingsStatus",
    (n) => ({ lastConnectionSettingsHash: Uint8Array.of(n), status: n }),
    (client, value) => client.setConnectionSettingsStatus(value),
  ),
  setter(
    "packageStatuses",
    (n) => ({ packages: { [`${n}`]: { name: `${n}` } } }),
    (client, value) => client.setPackageStatuses(value),
  ),
  setter(
    "customCapabilities",
    (n) => ({ capabilities: [`com.example.v${n}`] }),
    (client, { capabilities = [] }) => client.setCustomCapabilities(capabilities),
  ),
  setter(
    "availableComponents",
    (n) => ({ hash: Uint8Array.of(n) }),
    (client, value) => client.setAvailableComponents(value),
  ),
];

const effectiveConfig = fc.nat(3).map(
  (n): Step => ({
    name: `effectiveConfig ${n}`,
    run(world) {
      world.config = { configMap: { "": { body: Uint8Array.of(n) } } };
      world.wanted.set("effectiveConfig", { configMap: world.config });
      world.agent.client.updateEffectiveConfig();
    },
  }),
);

const failures: readonly OpAMPErrorCode[] = [
  "connection-lost",
  "connect-failed",
  "throttled",
  "timeout",
  "unauthorized",
  "unexpected-response",
];

/** Does something to the session, if there is one. */
const toSession = (name: string, act: (session: ScriptedClient["session"]) => void): Step => ({
  name,
  run: ({ agent }) => {
    if (agent.session.ended === undefined) act(agent.session);
  },
});

const troubles: fc.Arbitrary<Step> = fc.oneof(
  fc.constant(toSession("break", (session) => session.close())),
  fc.constant(toSession("stall", (session) => session.stall())),
  fc.constant(toSession("resume", (session) => session.resume())),
  fc
    .constantFrom(...failures)
    .map((code) =>
      toSession(`fail: ${code}`, (session) => session.failNextSend(new OpAMPError(code, "failed"))),
    ),
  fc.constant<Step>({ name: "lose", run: ({ server }) => server.loseNext() }),
  fc.constant<Step>({ name: "forget", run: ({ server }) => server.forget() }),
  fc.constantFrom(...failures).map(
    (code): Step => ({
      name: `refuse: ${code}`,
      run: ({ agent }) => agent.server.refuseNext(new OpAMPError(code, "refused")),
    }),
  ),
);

const pauses: fc.Arbitrary<Step> = fc
  .constantFrom(0, 0, 0, 100, 1000, 40_000)
  .map((ms) => ({ name: `wait ${ms}`, run: ({ agent }) => agent.clock.advance(ms) }));

const steps = fc.array(fc.oneof(...setters, effectiveConfig, troubles, pauses, pauses), {
  maxLength: 25,
});

async function createWorld(pollsForMessages: boolean): Promise<World> {
  const server = createTrackingServer();
  const world: Omit<World, "agent"> = { server, wanted: new Map(), config: undefined };
  const agent: ScriptedClient = await startWholeAgent({
    pollsForMessages,
    callbacks: { getEffectiveConfig: () => world.config ?? {} },
    answer: (message) => {
      const answer = server.answer(message);
      if (answer === undefined) agent.session.close();
      return answer;
    },
  });
  return Object.assign(world, { agent });
}

/** The parts that the server knows otherwise than the agent wants. */
function differences({ server, wanted }: World): readonly StatusPart[] {
  return statusParts.filter((part) => {
    const init = wanted.get(part);
    return init !== undefined && !server.knows(part, copyStatusPart(part, init));
  });
}

describe.each([false, true])("agent and server, polling: %s", (pollsForMessages) => {
  it("agree once things are quiet, whatever happened [C-46 C-223 C-225 L-08]", async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (script) => {
        const world = await createWorld(pollsForMessages);
        await using agent = world.agent;
        for (const step of script) await step.run(world);
        agent.session.resume();
        await agent.clock.advance(400_000);
        expect(agent.client.status.state).toBe("online");
        expect(differences(world)).toEqual([]);
      }),
      { numRuns: 100 },
    );
  });
});
