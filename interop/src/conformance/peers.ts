import { fileURLToPath } from "node:url";
import type { ClientSubject, ServerSubject, TransportName } from "@opamp/conformance";
import { createClientSubject } from "./client-subject.ts";
import type { ClientTraits } from "./client-traits.ts";
import { openElasticServer } from "./elastic-server-subject.ts";
import { type NotApplicable, notApplicable } from "./not-applicable.ts";
import { createPeerPool, type PeerPool } from "./peer-pool.ts";
import { elasticTraits, javaTraits, opampGoTraits, pythonTraits } from "./peer-traits.ts";
import { createServerSubject } from "./server-subject.ts";

/** An implementation of others that the suite runs over. */
export interface ExaminedPeer {
  /** The name of its file in `interop/conformance`. */
  readonly id: string;
  readonly name: string;
  readonly side: "client" | "server";
  readonly transports: readonly TransportName[];
  /** What its programs are built with. */
  readonly language?: "go" | "java" | "python";
  readonly notApplicable: NotApplicable;
  open(): OpenPeer;
}

export type OpenPeer = AsyncDisposable & {
  /** Gets ready for so many cases at a time. */
  warm(count: number): Promise<void>;
} & (
    | { readonly side: "client"; readonly subject: ClientSubject }
    | { readonly side: "server"; readonly subject: ServerSubject }
  );

const program = (path: string): string =>
  fileURLToPath(new URL(`../../peers/${path}`, import.meta.url));

const java = ["java", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx128m"] as const;
const javaBin = program("java/bin");
const both = ["websocket", "http"] as const;

export const peers: readonly ExaminedPeer[] = [
  {
    id: "opamp-go-server",
    name: "opamp-go server v0.23.0",
    side: "server",
    transports: both,
    language: "go",
    notApplicable: notApplicable["opamp-go-server"] ?? {},
    open: () => {
      const pool = createPeerPool({
        name: "opamp-go server",
        command: [program("go/bin/scripted-server")],
      });
      return { ...pooled(pool), side: "server", subject: createServerSubject(pool) };
    },
  },
  {
    id: "elastic-server",
    name: "@elastic/mockopampserver 0.5.0",
    side: "server",
    transports: ["http"],
    notApplicable: {},
    open: openElasticServer,
  },
  client("opamp-go-client", {
    name: "opamp-go client v0.23.0",
    transports: both,
    language: "go",
    traits: opampGoTraits,
    command: [program("go/bin/client")],
  }),
  client("elastic-client", {
    name: "@elastic/opamp-client-node 0.5.0",
    transports: ["http"],
    traits: elasticTraits,
    command: [process.execPath, "--conditions=@opamp/source", program("node/elastic-client.ts")],
  }),
  client("opentelemetry-python-client", {
    name: "opentelemetry-opamp-client 0.5b0 for Python",
    transports: ["http"],
    language: "python",
    traits: pythonTraits,
    command: [program("python/bin/venv/bin/python"), program("python/client.py")],
  }),
  client("opentelemetry-java-client", {
    name: "opentelemetry-opamp-client 1.53.0-alpha for Java",
    transports: both,
    language: "java",
    traits: javaTraits,
    command: [...java, "-cp", `${javaBin}/classes:${javaBin}/lib/*`, "opampinterop.Main"],
  }),
];

interface ClientProgram extends Pick<ExaminedPeer, "name" | "transports" | "language"> {
  readonly traits: ClientTraits;
  readonly command: readonly [string, ...string[]];
}

function client(id: string, { traits, command, ...described }: ClientProgram): ExaminedPeer {
  return {
    id,
    ...described,
    side: "client",
    notApplicable: notApplicable[id] ?? {},
    open() {
      const pool = createPeerPool({ name: described.name, command });
      return { ...pooled(pool), side: "client", subject: createClientSubject(pool, traits) };
    },
  };
}

function pooled(pool: PeerPool): AsyncDisposable & Pick<PeerPool, "warm"> {
  return {
    warm: (count) => pool.warm(count),
    [Symbol.asyncDispose]: () => pool[Symbol.asyncDispose](),
  };
}
