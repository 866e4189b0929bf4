import { readFileSync } from "node:fs";
import { join } from "node:path";
import protobuf from "protobufjs";

const { root } = protobuf.parse(readFileSync(join(import.meta.dirname, "otlp.proto"), "utf8"));
const requestTypes = { metrics: "MetricsRequest", traces: "TraceRequest", logs: "LogsRequest" };

export type SignalName = keyof typeof requestTypes;

export type PlainAttributes = Readonly<Record<string, unknown>>;

export interface ReceivedMetric {
  readonly name: string;
  readonly unit: string;
  readonly kind: "gauge" | "counter" | "updowncounter";
  readonly points: readonly { readonly value: number; readonly attributes: PlainAttributes }[];
}

export interface ReceivedSpan {
  readonly name: string;
  readonly attributes: PlainAttributes;
  /** 2 is an error. */
  readonly status: { readonly code: number; readonly message: string };
}

export interface ReceivedLog {
  readonly severityNumber: number;
  readonly severityText: string;
  readonly body: unknown;
}

/** The content of one request, whichever signal it is of. */
export interface OtlpContent {
  readonly resources: readonly PlainAttributes[];
  readonly metrics: readonly ReceivedMetric[];
  readonly spans: readonly ReceivedSpan[];
  readonly logs: readonly ReceivedLog[];
}

interface AnyValue {
  readonly value?: string;
  readonly [kind: string]: unknown;
}
interface KeyValue {
  readonly key: string;
  readonly value: AnyValue;
}
interface Point {
  readonly attributes: KeyValue[];
  readonly asDouble?: number;
  readonly asInt?: number;
}
interface Metric {
  readonly name: string;
  readonly unit: string;
  readonly gauge?: { readonly dataPoints: Point[] };
  readonly sum?: { readonly dataPoints: Point[]; readonly isMonotonic: boolean };
}
interface Span extends Omit<ReceivedSpan, "attributes"> {
  readonly attributes: KeyValue[];
}
interface Log extends Omit<ReceivedLog, "body"> {
  readonly body: AnyValue;
}
interface Scope {
  readonly metrics?: Metric[];
  readonly spans?: Span[];
  readonly logRecords?: Log[];
}
interface Request {
  readonly resources: { readonly resource: { attributes: KeyValue[] }; readonly scopes: Scope[] }[];
}

/** Reads a body of OTLP over HTTP in protobuf. Throws for one that is none. */
export function readOtlp(signal: SignalName, body: Uint8Array): OtlpContent {
  const type = root.lookupType(requestTypes[signal]);
  const options = { longs: Number, oneofs: true, defaults: true, arrays: true };
  const request = type.toObject(type.decode(body), options) as Request;
  const scopes = request.resources.flatMap((one) => one.scopes);
  return {
    resources: request.resources.map(({ resource }) => plain(resource.attributes)),
    metrics: scopes.flatMap(({ metrics = [] }) => metrics.map(plainMetric)),
    spans: scopes.flatMap(({ spans = [] }) =>
      spans.map((span) => ({ ...span, attributes: plain(span.attributes) })),
    ),
    logs: scopes.flatMap(({ logRecords = [] }) =>
      logRecords.map((log) => ({ ...log, body: plainValue(log.body) })),
    ),
  };
}

function plainMetric({ name, unit, gauge, sum }: Metric): ReceivedMetric {
  const points = (sum?.dataPoints ?? gauge?.dataPoints ?? []).map((point) => ({
    value: point.asDouble ?? point.asInt ?? Number.NaN,
    attributes: plain(point.attributes),
  }));
  const kindOfSum = sum?.isMonotonic === true ? "counter" : "updowncounter";
  return { name, unit, points, kind: sum === null || sum === undefined ? "gauge" : kindOfSum };
}

function plain(pairs: readonly KeyValue[]): PlainAttributes {
  return Object.fromEntries(pairs.map(({ key, value }) => [key, plainValue(value)]));
}

function plainValue(any: AnyValue): unknown {
  const value = any.value === undefined ? undefined : any[any.value];
  if (any.value === "arrayValue") return (value as { values: AnyValue[] }).values.map(plainValue);
  return any.value === "kvlistValue" ? plain((value as { values: KeyValue[] }).values) : value;
}
