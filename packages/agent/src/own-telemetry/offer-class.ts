/** One class of offers for own telemetry. */
export interface OfferClass {
  /** Its member in `ConnectionSettingsOffers`. */
  readonly member: "ownMetrics" | "ownTraces" | "ownLogs";
  /** What the protocol calls that field. */
  readonly field: string;
  /** Who takes such offers declares it (C-64). */
  readonly capability: "ReportsOwnMetrics" | "ReportsOwnTraces" | "ReportsOwnLogs";
}

export const metricOffers: OfferClass = {
  member: "ownMetrics",
  field: "own_metrics",
  capability: "ReportsOwnMetrics",
};

export const traceOffers: OfferClass = {
  member: "ownTraces",
  field: "own_traces",
  capability: "ReportsOwnTraces",
};

export const logOffers: OfferClass = {
  member: "ownLogs",
  field: "own_logs",
  capability: "ReportsOwnLogs",
};
