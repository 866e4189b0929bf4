import { type TransportName, transportNames } from "../raw/transport-name.ts";
import { DEFAULT_DEADLINE_MS } from "../runner/run-cases.ts";
import { choiceFrom, integerFrom, wordsFrom } from "./option-values.ts";

/** What both commands take. */
export interface CommonOptions {
  /** Undefined when both are to be tried. */
  readonly transport: TransportName | undefined;
  /** Ids of requirements and cases; all when empty. */
  readonly only: readonly string[];
  readonly deadlineMs: number;
  /** Undefined for the default of the command. */
  readonly concurrency: number | undefined;
  readonly strict: boolean;
  readonly format: ReportFormat;
  /** The file of the report; undefined for standard output. */
  readonly output: string | undefined;
  readonly frames: "failed" | "none";
  readonly name: string | undefined;
}

export const reportFormats = ["table", "json", "junit"] as const;

export type ReportFormat = (typeof reportFormats)[number];

/** The options of `parseArgs` that both commands take. */
export const commonOptions = {
  transport: { type: "string" },
  only: { type: "string", multiple: true },
  "deadline-ms": { type: "string" },
  concurrency: { type: "string" },
  strict: { type: "boolean" },
  format: { type: "string" },
  output: { type: "string" },
  frames: { type: "string" },
  name: { type: "string" },
} as const;

/** What `parseArgs` reads of them. */
export interface CommonValues {
  readonly transport?: string | undefined;
  readonly only?: string[] | undefined;
  readonly "deadline-ms"?: string | undefined;
  readonly concurrency?: string | undefined;
  readonly strict?: boolean | undefined;
  readonly format?: string | undefined;
  readonly output?: string | undefined;
  readonly frames?: string | undefined;
  readonly name?: string | undefined;
}

export function commonOptionsFrom(values: CommonValues): CommonOptions {
  const { concurrency, transport } = values;
  const deadlineMs = values["deadline-ms"];
  return {
    transport: transport === undefined ? undefined : transportFrom(transport),
    only: wordsFrom(values.only),
    deadlineMs:
      deadlineMs === undefined ? DEFAULT_DEADLINE_MS : integerFrom("deadline-ms", deadlineMs, 1),
    concurrency: concurrency === undefined ? undefined : integerFrom("concurrency", concurrency, 1),
    strict: values.strict ?? false,
    format: choiceFrom("format", values.format ?? "table", reportFormats),
    output: values.output,
    frames: choiceFrom("frames", values.frames ?? "failed", ["failed", "none"]),
    name: values.name,
  };
}

function transportFrom(text: string): TransportName {
  return choiceFrom("transport", text === "ws" ? "websocket" : text, transportNames);
}
