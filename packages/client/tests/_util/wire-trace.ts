import { decodeAgentToServer } from "@opamp/protocol";
import type { Session, Transport } from "../../src/index.ts";

/** What a client does with its transport, in order, each with the number of its session. */
export interface WireTrace {
  readonly steps: readonly string[];
  readonly wrap: (transport: Transport) => Transport;
}

/** Notes connects, messages, goodbyes and closes. */
export function createWireTrace(): WireTrace {
  const steps: string[] = [];
  let sessions = 0;
  const traced = (session: Session, number: number): Session => ({
    async send(message) {
      const isGoodbye = decodeAgentToServer(message).agentDisconnect !== undefined;
      steps.push(`${isGoodbye ? "goodbye" : "message"} ${number}`);
      await session.send(message);
    },
    received: () => session.received(),
    async close(code, signal) {
      steps.push(`close ${number}`);
      await session.close(code, signal);
      steps.push(`closed ${number}`);
    },
  });
  return {
    steps,
    wrap: (transport) => ({
      ...transport,
      async connect(options) {
        sessions += 1;
        const number = sessions;
        steps.push(`connect ${number}`);
        return traced(await transport.connect(options), number);
      },
    }),
  };
}
