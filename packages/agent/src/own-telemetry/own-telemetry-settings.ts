/**
 * Which of its own telemetry the agent sends to where the server wants it. Needs the OpenTelemetry
 * SDK, which `createAgent` loads.
 */
export interface OwnTelemetrySettings {
  /** Declares ReportsOwnMetrics. @default true */
  readonly metrics?: boolean;
  /** Declares ReportsOwnTraces. @default true */
  readonly traces?: boolean;
  /** Declares ReportsOwnLogs. @default true */
  readonly logs?: boolean;
  /** Between reports of metrics, in milliseconds (C-130). @default 10000 */
  readonly metricIntervalMs?: number;
}
