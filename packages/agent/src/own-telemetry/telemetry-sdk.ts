import { OpAMPError } from "@opamp/protocol";

/** The packages of OpenTelemetry that own telemetry is made with. */
export interface TelemetrySdk {
  readonly api: typeof import("@opentelemetry/api");
  readonly core: typeof import("@opentelemetry/core");
  readonly resources: typeof import("@opentelemetry/resources");
  readonly transformer: typeof import("@opentelemetry/otlp-transformer");
  readonly metrics: typeof import("@opentelemetry/sdk-metrics");
  readonly traces: typeof import("@opentelemetry/sdk-trace");
  readonly logs: typeof import("@opentelemetry/sdk-logs");
}

/** They are optional peers. Rejects with `invalid-argument`, saying what to install. */
export async function loadTelemetrySdk(): Promise<TelemetrySdk> {
  try {
    const [api, core, resources, transformer, metrics, traces, logs] = await Promise.all([
      import("@opentelemetry/api"),
      import("@opentelemetry/core"),
      import("@opentelemetry/resources"),
      import("@opentelemetry/otlp-transformer"),
      import("@opentelemetry/sdk-metrics"),
      import("@opentelemetry/sdk-trace"),
      import("@opentelemetry/sdk-logs"),
    ]);
    return { api, core, resources, transformer, metrics, traces, logs };
  } catch (thrown) {
    throw OpAMPError.from(
      thrown,
      "invalid-argument",
      `ownTelemetry needs OpenTelemetry; ${REMEDY}`,
    );
  }
}

const REMEDY =
  "npm install @opentelemetry/api @opentelemetry/core @opentelemetry/resources @opentelemetry/otlp-transformer @opentelemetry/sdk-metrics @opentelemetry/sdk-trace @opentelemetry/sdk-logs";
