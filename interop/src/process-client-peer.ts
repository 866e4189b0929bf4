import {
  type AgentToServerInit,
  bitsFromAgentCapabilities,
  bitsFromAgentToServerFlags,
  bytesFromInstanceUid,
  keyValuesFromAttributes,
} from "@opamp/protocol";
import type { Abilities } from "./ability.ts";
import type { AgentState, ClientEvent, ClientOptions, ClientPeer } from "./client-peer.ts";
import { jsonFromMessage } from "./json.ts";
import type { PeerProgram } from "./json-lines-process.ts";
import { startPeerProcess } from "./peer-process.ts";

/** A client in another language: a program that keeps the contract of the README. */
export function createProcessClientPeer(program: PeerProgram, abilities: Abilities): ClientPeer {
  return {
    name: program.name,
    abilities,
    async start({ instanceUid, capabilities, state, ...options }: ClientOptions) {
      await using cleanup = new AsyncDisposableStack();
      const peer = cleanup.use(startPeerProcess<ClientEvent>(program));
      const first: AgentToServerInit = {
        ...agentToServerFromState(state),
        instanceUid: bytesFromInstanceUid(instanceUid),
        capabilities: bitsFromAgentCapabilities(capabilities),
      };
      peer.command({ command: "start", state: jsonFromMessage(first), ...options });
      await peer.events.find("start", ({ event }) => event === "started" || undefined);

      const owned = cleanup.move();
      return {
        events: peer.events,
        report(report) {
          const message = jsonFromMessage(agentToServerFromState(report));
          peer.command({ command: "report", state: message });
        },
        async stop() {
          peer.command({ command: "stop" });
          await peer.events.find("stop", ({ event }) => event === "stopped" || undefined);
        },
        [Symbol.asyncDispose]: () => owned.disposeAsync(),
      };
    },
  };
}

function agentToServerFromState(state: AgentState): AgentToServerInit {
  const { description, effectiveConfig, customCapabilities, flags, ...rest } = state;
  return {
    ...rest,
    ...(description && {
      agentDescription: {
        identifyingAttributes: keyValuesFromAttributes(description.identifyingAttributes),
        nonIdentifyingAttributes: keyValuesFromAttributes(
          description.nonIdentifyingAttributes ?? {},
        ),
      },
    }),
    ...(effectiveConfig && { effectiveConfig: { configMap: effectiveConfig } }),
    ...(flags && { flags: bitsFromAgentToServerFlags(flags) }),
    ...(customCapabilities && { customCapabilities: { capabilities: customCapabilities } }),
  };
}
