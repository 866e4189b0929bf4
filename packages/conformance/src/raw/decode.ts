import {
  type AgentToServer,
  decodeAgentToServer,
  decodeFrame,
  decodeServerToAgent,
  type ServerToAgent,
} from "@opamp/protocol";

/** What a body says, or undefined when it says nothing that can be read. */
export function readServerToAgent(body: Uint8Array): ServerToAgent | undefined {
  return readable(() => decodeServerToAgent(body));
}

/** What a frame says, or undefined when it says nothing that can be read. */
export function readServerFrame(frame: Uint8Array): ServerToAgent | undefined {
  return readable(() => decodeServerToAgent(decodeFrame(frame)));
}

/** What a body says, or undefined when it says nothing that can be read. */
export function readAgentToServer(body: Uint8Array): AgentToServer | undefined {
  return readable(() => decodeAgentToServer(body));
}

/** What a frame says, or undefined when it says nothing that can be read. */
export function readAgentFrame(frame: Uint8Array): AgentToServer | undefined {
  return readable(() => decodeAgentToServer(decodeFrame(frame)));
}

// The bytes are kept beside the message: what cannot be read is a finding of the case, not of the peer.
function readable<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
