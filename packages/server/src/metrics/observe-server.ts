import type { Meter } from "@opentelemetry/api";
import type { OpAMPServer } from "../server.ts";
import { observe } from "./metric.ts";
import { serverMetrics } from "./server-metrics.ts";

/**
 * Reports the statistics of a server, or of a fetch handler, as metrics of OpenTelemetry. They are read when the meter's
 * provider collects; messages cost nothing more. Returns how to stop.
 */
export function observeServer(server: Pick<OpAMPServer, "stats">, meter: Meter): () => void {
  return observe(meter, serverMetrics, () => server.stats());
}
