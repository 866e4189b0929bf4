import { exponentialBackoff } from "@opamp/client";
import type { OpAMPError, PackageAvailableInit, PackageStatuses } from "@opamp/protocol";
import { eventually } from "@opamp/test-kit";
import { expect } from "vitest";
import {
  type Agent,
  type AgentSettings,
  createAgent,
  type PackagesSettings,
} from "../../src/index.ts";
import { type FileServer, startFileServer } from "./file-server.ts";
import { type PackageServer, packageOf, startPackageServer } from "./package-server.ts";
import { temporaryDirectory } from "./state-directory.ts";

/** An agent that takes packages, its server, and where the contents come from. */
export interface PackagedAgent extends AsyncDisposable {
  readonly agent: Agent;
  readonly server: PackageServer;
  readonly files: FileServer;
  readonly stateDirectory: string;
  /** Each call of a handler: what it was, why, the package and its version. */
  readonly calls: readonly string[];
  readonly errors: readonly OpAMPError[];
  /** A package of one text, to be had from the file server. */
  pack(version: string, text: string, file?: PackageAvailableInit["file"]): PackageAvailableInit;
  /** Offers packages; resolves to what is reported when that is settled. */
  offer(packages: Readonly<Record<string, PackageAvailableInit>>): Promise<PackageStatuses>;
  /** Another agent in the same directory, after this one has stopped. */
  restart(settings?: PackagedAgentSettings): Promise<Agent>;
}

export interface PackagedAgentSettings extends Partial<Omit<AgentSettings, "packages">> {
  readonly packages?: PackagesSettings;
}

export async function startPackagedAgent(
  settings: PackagedAgentSettings = {},
  withHandlers: (settings: PackagesSettings, calls: string[]) => PackagesSettings = recorded,
): Promise<PackagedAgent> {
  const server = await startPackageServer();
  const files = await startFileServer();
  const stateDirectory = settings.stateDirectory ?? temporaryDirectory();
  const calls: string[] = [];
  const errors: OpAMPError[] = [];
  const start = async (changed: PackagedAgentSettings = {}): Promise<Agent> => {
    const started = await createAgent({
      serverUrl: server.url,
      description: { serviceName: "edge" },
      retry: exponentialBackoff({ initialMs: 10, maxMs: 50 }),
      callbacks: { onError: (error) => void errors.push(error) },
      ...settings,
      ...changed,
      stateDirectory,
      packages: withHandlers({ ...settings.packages, ...changed.packages }, calls),
    });
    await started.start();
    return started;
  };
  let agent = await start();
  return {
    get agent() {
      return agent;
    },
    server,
    files,
    stateDirectory,
    calls,
    errors,
    pack(version, text, file) {
      const content = new TextEncoder().encode(text);
      return packageOf(version, content, {
        downloadUrl: files.put(`/${version}`, content),
        ...file,
      });
    },
    async offer(packages) {
      server.want(packages);
      await eventually(() => expect(server.isSettled).toBe(true));
      return server.reports.at(-1) as PackageStatuses;
    },
    async restart(changed) {
      await agent.stop();
      agent = await start(changed);
      return agent;
    },
    async [Symbol.asyncDispose]() {
      await agent.stop();
      await server[Symbol.asyncDispose]();
      await files[Symbol.asyncDispose]();
    },
  };
}

function recorded(settings: PackagesSettings, calls: string[]): PackagesSettings {
  return {
    retry: { delayMs: () => 0 },
    ...settings,
    install(pkg, context) {
      calls.push(`install ${context.reason} ${pkg.name} ${pkg.version}`);
      return settings.install?.(pkg, context);
    },
    uninstall(pkg, context) {
      calls.push(`uninstall ${context.reason} ${pkg.name} ${pkg.version}`);
      return settings.uninstall?.(pkg, context);
    },
  };
}
