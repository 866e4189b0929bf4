import { dirname, join } from "node:path/posix";
import type { SourceImport } from "./source-imports.ts";

interface Layer {
  /** The packages of this repository that its code may import. */
  readonly uses: readonly string[];
  /** The only packages from elsewhere; without a list, those of its package.json. */
  readonly libraries?: readonly string[];
  /** Whether it runs without Node.js. */
  readonly anywhere?: true;
  /** What its tests may import besides. */
  readonly testsUse?: readonly string[];
}

/** Which way the arrows point. A package that is missing here may import no other. */
const layers: Readonly<Record<string, Layer>> = {
  "packages/protocol": { uses: [], libraries: ["@bufbuild/protobuf"], anywhere: true },
  "packages/client": {
    uses: ["@opamp/protocol", "@opamp/protocol/internal"],
    testsUse: ["@opamp/server"],
  },
  "packages/server": {
    uses: ["@opamp/protocol", "@opamp/protocol/internal"],
    testsUse: [
      "@opamp/server/certificate-authority",
      "@opamp/server/fetch",
      "@opamp/server/metrics",
    ],
  },
  "packages/conformance": {
    uses: ["@opamp/protocol"],
    testsUse: ["@opamp/client", "@opamp/server"],
  },
  "packages/agent": {
    uses: [
      "@opamp/client",
      "@opamp/client/internal",
      "@opamp/protocol",
      "@opamp/protocol/internal",
    ],
    testsUse: ["@opamp/server", "@opamp/server/certificate-authority"],
  },
  "packages/supervisor": { uses: ["@opamp/agent", "@opamp/protocol"] },
  "packages/fleet": {
    uses: ["@opamp/server", "@opamp/server/certificate-authority", "@opamp/protocol"],
  },
  "packages/fleet-ui": { uses: [] },
  "packages/test-kit": { uses: ["@opamp/protocol"] },
  "examples/adapters": {
    uses: ["@opamp/server", "@opamp/server/fetch"],
    testsUse: ["@opamp/protocol"],
  },
  "examples/agent": {
    uses: ["@opamp/agent", "@opamp/client", "@opamp/protocol"],
    testsUse: ["@opamp/server"],
  },
  "examples/agent-kit": { uses: ["@opamp/agent"] },
  "examples/server": { uses: ["@opamp/server", "@opamp/protocol"], testsUse: ["@opamp/client"] },
  "examples/demo": { uses: ["@opamp/server", "@opamp/protocol"], testsUse: ["@opamp/client"] },
  bench: { uses: ["@opamp/client", "@opamp/server", "@opamp/protocol", "@opamp/test-kit"] },
  interop: {
    uses: [
      "@opamp/agent",
      "@opamp/client",
      "@opamp/server",
      "@opamp/conformance",
      "@opamp/protocol",
      "@opamp/test-kit",
    ],
  },
  soak: {
    uses: ["@opamp/agent", "@opamp/client", "@opamp/server", "@opamp/protocol", "@opamp/test-kit"],
  },
};

const none: Layer = { uses: [] };

/** What the core of the client may know of transports: contract and address, not an implementation. */
const transportContracts = [
  "transport/transport.ts",
  "transport/network-options.ts",
  "transport/server-url.ts",
];

/** The files of the client that put core and transports together. */
const clientAssembly = ["route-factory.ts", "index.ts"];

/** Why an import is not allowed, or undefined. */
export function problemOfImport({ file, specifier }: SourceImport): string | undefined {
  const folder = folderOfFile(file);
  if (specifier.startsWith(".")) return problemOfRelative(file, folder, specifier);
  if (isTest(file)) return problemInTest(folder, specifier);
  const { anywhere, libraries, uses } = layers[folder] ?? none;
  if (specifier.startsWith("node:")) {
    return anywhere ? `${folder} runs anywhere and imports no Node.js module` : undefined;
  }
  if (specifier.startsWith("@opamp/")) return problemOfPackage(folder, specifier, uses);
  if (libraries === undefined || libraries.includes(nameOfPackage(specifier))) return undefined;
  return `${folder} may import ${libraries.join(", ")} and no other library`;
}

function problemInTest(folder: string, specifier: string): string | undefined {
  if (!specifier.startsWith("@opamp/")) return undefined;
  const { uses, testsUse = [] } = layers[folder] ?? none;
  const itself = folder.replace("packages/", "@opamp/");
  const allowed = [...uses, ...testsUse, "@opamp/test-kit", itself];
  return problemOfPackage(folder, specifier, allowed);
}

function problemOfPackage(
  folder: string,
  specifier: string,
  allowed: readonly string[],
): string | undefined {
  if (allowed.includes(specifier)) return undefined;
  const name = nameOfPackage(specifier);
  if (name !== specifier) return `import ${name} itself: what it does not export is its own affair`;
  return `${folder} may import ${allowed.join(", ") || "no package of this repository"}`;
}

function problemOfRelative(file: string, folder: string, specifier: string): string | undefined {
  const target = join(dirname(file), specifier);
  if (!target.startsWith(`${folder}/`)) return "reaches into another package; import it by name";
  if (dirname(file) !== "packages/client/src" || isTest(file)) return undefined;
  const name = file.slice("packages/client/src/".length);
  const part = target.slice("packages/client/src/".length);
  const allowed = !part.startsWith("transport/") || transportContracts.includes(part);
  if (allowed || clientAssembly.includes(name)) return undefined;
  return `the core of the client names no transport; it may import ${transportContracts.join(", ")}`;
}

/** What is wrong with the text of a package's index.ts: it holds named re-exports and no more. */
export function problemsOfIndex(file: string, text: string): string[] {
  const maxLines = file === "packages/protocol/src/index.ts" ? 220 : 120;
  const lines = text.trimEnd().split("\n").length;
  const rest = text
    .replaceAll(/^export (?:type )?\{[^}]*\} from "\.\/[^"]+";$/gm, "")
    .replaceAll(/^\s*(?:\/\/|\/?\*).*$/gm, "")
    .trim();
  const problems = rest === "" ? [] : [`holds more than named re-exports: ${rest.split("\n")[0]}`];
  return lines > maxLines ? [...problems, `has ${lines} lines; ${maxLines} at most`] : problems;
}

/** The workspace that a file belongs to, such as `packages/client` or `bench`. */
function folderOfFile(file: string): string {
  const [first = "", second = ""] = file.split("/");
  return first === "packages" || first === "examples" ? `${first}/${second}` : first;
}

function isTest(file: string): boolean {
  return file.endsWith(".test.ts") || file.includes("/tests/");
}

function nameOfPackage(specifier: string): string {
  return specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/");
}
