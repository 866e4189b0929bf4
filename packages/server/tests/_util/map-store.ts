import type { AgentStore, TrackedAgent } from "@opamp/server";

/** A store that keeps copies, as a database would. */
export function createMapStore(): AgentStore & { readonly agents: Map<string, TrackedAgent> } {
  const agents = new Map<string, TrackedAgent>();
  return {
    agents,
    load: async (uid) => structuredClone(agents.get(uid)),
    save: async (agent) => void agents.set(agent.uid, structuredClone(agent)),
    delete: async (uid) => void agents.delete(uid),
  };
}
