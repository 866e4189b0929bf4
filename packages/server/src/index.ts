export type { ConnectionCallbacks, ServerCallbacks } from "./callbacks.ts";
export { accept, type ConnectDecision, type ConnectRequest, reject } from "./connect-request.ts";
export type { CloseReason, Connection } from "./connection.ts";
export { createOpAMPServer } from "./create-server.ts";
export type {
  ConnectionClosedEvent,
  ConnectionOpenedEvent,
  MessageReceivedEvent,
  MessageSentEvent,
} from "./diagnostics.ts";
export type { ListenOptions, OpAMPServer } from "./server.ts";
export type { ServerLimits, ServerSettings, ServerTimeouts } from "./settings.ts";
