import type { TransportName } from "../raw/transport-name.ts";

// Where cases run.
export const both: readonly TransportName[] = ["websocket", "http"];
export const overWebSocket: readonly TransportName[] = ["websocket"];
export const overHttp: readonly TransportName[] = ["http"];
