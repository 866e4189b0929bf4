import { createHash } from "node:crypto";
import {
  type AgentToServer,
  type PackageAvailableInit,
  PackageStatusEnum,
  type PackageStatuses,
  type PackagesAvailableInit,
} from "@opamp/protocol";
import { createOpAMPServer } from "@opamp/server";

/** A server that wants agents to have packages, and remembers what it was told of them. */
export interface PackageServer extends AsyncDisposable {
  readonly url: string;
  /** Every report on packages, oldest first. */
  readonly reports: readonly PackageStatuses[];
  /** Where each package stood last, such as `edge: Installed has 1.0`. */
  readonly known: readonly string[];
  /** Offers packages, now and to those who come without having heard of the offer. */
  want(packages: Readonly<Record<string, PackageAvailableInit>> | undefined): void;
  /** Whether the last report is about what is wanted, and nothing is on its way. */
  readonly isSettled: boolean;
  forget(): void;
  /** Resolves to false as soon as the condition holds; looks after each message. */
  until(condition: () => boolean): Promise<false>;
}

export async function startPackageServer(): Promise<PackageServer> {
  const reports: PackageStatuses[] = [];
  const watchers = new Set<() => void>();
  let wanted: PackagesAvailableInit | undefined;
  const answer = ({ packageStatuses }: AgentToServer) => {
    if (packageStatuses !== undefined) reports.push(packageStatuses);
    for (const look of watchers) look();
    if (wanted === undefined || hasHeardOf(reports.at(-1), wanted)) return {};
    return { packagesAvailable: wanted };
  };
  const server = createOpAMPServer({
    capabilities: ["AcceptsStatus", "OffersPackages", "AcceptsPackagesStatus"],
    callbacks: { onMessage: (_connection, message) => answer(message) },
  });
  const { port } = await server.listen({ port: 0, host: "127.0.0.1" });
  return {
    url: `ws://127.0.0.1:${port}/v1/opamp`,
    reports,
    get known() {
      return Object.values(reports.at(-1)?.packages ?? {}).map(describeStatus);
    },
    get isSettled() {
      const last = reports.at(-1);
      if (last === undefined || wanted === undefined) return last !== undefined;
      return hasHeardOf(last, wanted) && Object.values(last.packages).every(isAtEnd);
    },
    want(packages) {
      wanted = packages && { packages, allPackagesHash: hashOfAll(packages) };
      if (wanted === undefined) return;
      for (const connection of server.connections) {
        const instanceUid = connection.instanceUids.at(-1);
        if (instanceUid === undefined) continue;
        // One that is gone is offered it when it comes back.
        connection.send({ packagesAvailable: wanted }).catch(() => {});
      }
    },
    forget() {
      reports.length = 0;
    },
    until(condition) {
      const { promise, resolve } = Promise.withResolvers<false>();
      const look = (): void => {
        if (!condition()) return;
        watchers.delete(look);
        resolve(false);
      };
      watchers.add(look);
      look();
      return promise;
    },
    [Symbol.asyncDispose]: () => server.close({ deadlineMs: 1000 }),
  };
}

/** An offer of one content; the version is its hash, too. */
export function packageOf(
  version: string,
  content: Uint8Array,
  file: PackageAvailableInit["file"],
): PackageAvailableInit {
  const contentHash = createHash("sha256").update(content).digest();
  return { version, hash: new TextEncoder().encode(version), file: { contentHash, ...file } };
}

export function describeStatus(status: PackageStatuses["packages"][string]): string {
  const has = status.agentHasVersion === "" ? "" : ` has ${status.agentHasVersion}`;
  return `${status.name}: ${statusNames.get(status.status)}${has}`;
}

function hasHeardOf(
  statuses: PackageStatuses | undefined,
  { allPackagesHash = new Uint8Array(0) }: PackagesAvailableInit,
): boolean {
  const echoed = statuses?.serverProvidedAllPackagesHash ?? new Uint8Array(0);
  return Buffer.from(echoed).equals(allPackagesHash);
}

function isAtEnd({ status }: PackageStatuses["packages"][string]): boolean {
  return status === PackageStatusEnum.Installed || status === PackageStatusEnum.InstallFailed;
}

const statusNames: ReadonlyMap<number, string> = new Map(
  Object.entries(PackageStatusEnum).map(([name, value]) => [value, name]),
);

function hashOfAll(packages: Readonly<Record<string, PackageAvailableInit>>): Uint8Array {
  const hash = createHash("sha256").update("all");
  for (const [name, { hash: own }] of Object.entries(packages)) {
    hash.update(name).update(own ?? new Uint8Array(0));
  }
  return hash.digest();
}
