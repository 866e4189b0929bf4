import { exponentialBackoff } from "@opamp/client";
import { type Agent, type AgentSettings, createAgent } from "../../src/index.ts";

/** An agent whose program runs with a version: the content that all files of its config have. */
export interface VersionedAgent extends AsyncDisposable {
  readonly agent: Agent;
  /** What it runs with: `none` at first, `MIX` should the files not belong together. */
  readonly version: string;
  /** Each call of `apply`: its reason and the version. */
  readonly calls: readonly string[];
}

/** Versions that begin with `bad` are refused. */
export async function createVersionedAgent(
  settings: Pick<AgentSettings, "serverUrl" | "stateDirectory"> & Partial<AgentSettings>,
): Promise<VersionedAgent> {
  const calls: string[] = [];
  let version = "none";
  const agent = await createAgent({
    description: { serviceName: "edge" },
    retry: exponentialBackoff({ initialMs: 10, maxMs: 50 }),
    ...settings,
    remoteConfig: {
      async apply({ objects }, { reason }) {
        const versions = new Set(Object.values(objects).map((object) => object.text()));
        const [next = "none"] = versions;
        calls.push(`${reason} ${next}`);
        await Promise.resolve();
        if (next.startsWith("bad")) throw new Error(`${next} cannot be`);
        version = versions.size > 1 ? "MIX" : next;
      },
    },
    effectiveConfig: () => ({ "one.txt": version, "two.txt": version }),
  });
  return {
    agent,
    calls,
    get version() {
      return version;
    },
    [Symbol.asyncDispose]: () => agent.stop(),
  };
}
