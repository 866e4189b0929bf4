// The peer is optional: where it is not installed, our declarations still compile, with `any` here.

// biome-ignore lint/suspicious/noTsIgnore: whether there is an error is up to who installs it.
/** @ts-ignore */
export type { LoggerProvider, MeterProvider, TracerProvider } from "@opentelemetry/api";
