import type { Channel } from "node:diagnostics_channel";

/** A channel of `node:diagnostics_channel`; where the runtime has none, one that nobody hears. */
export function channelNamed(name: string): Pick<Channel, "hasSubscribers" | "publish"> {
  const module = globalThis.process?.getBuiltinModule?.("node:diagnostics_channel");
  return module?.channel(name) ?? { hasSubscribers: false, publish: () => undefined };
}
