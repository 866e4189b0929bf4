import { type InstanceUid, OpAMPError } from "@opamp/protocol";
import type { ConnectRequest } from "../connect-request.ts";
import type { Connection } from "../connection.ts";
import { nextConnectionId } from "../connection-id.ts";

/** One HTTP exchange, as the application sees it. */
export class HttpConnection implements Connection {
  readonly id: number = nextConnectionId();
  readonly transport = "http";
  readonly request: ConnectRequest;
  instanceUids: readonly InstanceUid[] = [];

  constructor(request: ConnectRequest) {
    this.request = request;
  }

  async send(): Promise<void> {
    throw new OpAMPError(
      "invalid-state",
      "an HTTP agent cannot be sent to; return the message from onMessage when it next asks",
    );
  }

  async ping(): Promise<boolean> {
    return false;
  }

  async disconnect(): Promise<void> {
    throw new OpAMPError("invalid-state", "an HTTP connection ends with its answer");
  }
}
