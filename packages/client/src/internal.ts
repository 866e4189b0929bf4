// What the packages of this project share beside the client. No promise to others: it may change in
// any release.

export {
  connectToTelemetry,
  type TelemetryConnection,
  type TelemetryRequest,
} from "./offered/telemetry-connection.ts";
