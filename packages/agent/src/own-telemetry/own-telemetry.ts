import type { LoggerProvider, MeterProvider, TracerProvider } from "./opentelemetry-api.ts";

/**
 * Where a program records telemetry of its own, beside what the agent records of itself: it goes
 * where the server wants the agent's, and nowhere while the server has offered no destination. None
 * of the providers is registered globally. Undefined for what `settings.ownTelemetry` leaves out.
 */
export interface OwnTelemetry {
  readonly meterProvider: MeterProvider | undefined;
  readonly tracerProvider: TracerProvider | undefined;
  readonly loggerProvider: LoggerProvider | undefined;
}
