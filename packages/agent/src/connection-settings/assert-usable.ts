import { createOpAMPClient } from "@opamp/client";
import type { StoredConnection } from "./stored-connection.ts";

/** Throws `invalid-argument` for what no connection can be made with: another Node.js may know other ciphers. */
export function assertUsable(connection: StoredConnection): void {
  // A client that is never started checks its settings, and holds nothing.
  createOpAMPClient({
    ...connection,
    agentDescription: { identifyingAttributes: { "service.name": "check" } },
  });
}
