import { parseArgs } from "node:util";
import type { Access } from "../raw/access.ts";
import type { RawServerTls } from "../raw/raw-server.ts";
import { type StartSetting, startSettings } from "../subjects/environment.ts";
import { type CommonOptions, commonOptions, commonOptionsFrom } from "./common-options.ts";
import {
  choiceFrom,
  fileFrom,
  headersFrom,
  integerFrom,
  urlFrom,
  wordsFrom,
} from "./option-values.ts";
import { UsageError } from "./usage-error.ts";

/** What the command line asks for. */
export type Order = { readonly kind: "help" | "version" } | ServerOrder | ClientOrder;

/** Examine a server. */
export interface ServerOrder extends CommonOptions {
  readonly kind: "server";
  readonly url: URL;
  readonly access: Access;
}

/** Examine a client. */
export interface ClientOrder extends CommonOptions {
  readonly kind: "client";
  readonly command: readonly [string, ...string[]];
  readonly port: number;
  readonly tls: RawServerTls | undefined;
  readonly takes: readonly StartSetting[];
}

/** Reads the command line. Throws a `UsageError`. */
export function orderFrom(argv: readonly string[]): Order {
  const [kind, ...rest] = argv;
  if (kind === undefined || kind === "--help" || kind === "help") return { kind: "help" };
  if (kind === "--version") return { kind: "version" };
  switch (kind) {
    case "server":
      return serverOrderFrom(rest);
    case "client":
      return clientOrderFrom(rest);
    default:
      throw new UsageError(`"${kind}" is not a command; there are server and client`);
  }
}

function serverOrderFrom(args: string[]): Order {
  const options = { ...commonOptions, ...serverOptions } as const;
  const { values, positionals } = parsed(() =>
    parseArgs({ args, options, allowPositionals: true }),
  );
  if (values.help === true) return { kind: "help" };
  const [url, ...others] = positionals;
  if (others.length > 0) throw new UsageError(`server takes one URL, not ${positionals.length}`);
  const { ca, cert, key, insecure } = values;
  const tls = {
    ...(ca !== undefined && { ca: fileFrom("ca", ca) }),
    ...(cert !== undefined && { cert: fileFrom("cert", cert) }),
    ...(key !== undefined && { key: fileFrom("key", key) }),
    ...(insecure === true && { rejectUnauthorized: false }),
  };
  const access = { headers: headersFrom(values.header), tls };
  return { kind: "server", url: urlFrom(url), access, ...commonOptionsFrom(values) };
}

function clientOrderFrom(args: string[]): Order {
  const options = { ...commonOptions, ...clientOptions } as const;
  const { values, positionals } = parsed(() =>
    parseArgs({ args, options, allowPositionals: true }),
  );
  if (values.help === true) return { kind: "help" };
  const [program, ...others] = positionals;
  if (program === undefined) {
    throw new UsageError("client needs a command that starts a client, after --");
  }
  return {
    kind: "client",
    command: [program, ...others],
    port: integerFrom("port", values.port ?? "0", 0),
    tls: serverTlsFrom(values.cert, values.key),
    takes: wordsFrom(values.takes).map((word) => choiceFrom("takes", word, startSettings)),
    ...commonOptionsFrom(values),
  };
}

const serverOptions = {
  header: { type: "string", multiple: true },
  ca: { type: "string" },
  cert: { type: "string" },
  key: { type: "string" },
  insecure: { type: "boolean" },
  help: { type: "boolean" },
} as const;

const clientOptions = {
  port: { type: "string" },
  cert: { type: "string" },
  key: { type: "string" },
  takes: { type: "string", multiple: true },
  help: { type: "boolean" },
} as const;

function serverTlsFrom(
  cert: string | undefined,
  key: string | undefined,
): RawServerTls | undefined {
  if (cert === undefined && key === undefined) return undefined;
  if (cert === undefined || key === undefined) throw new UsageError("--cert and --key go together");
  return { cert: fileFrom("cert", cert), key: fileFrom("key", key) };
}

function parsed<T>(parse: () => T): T {
  try {
    return parse();
  } catch (cause) {
    throw new UsageError(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}
