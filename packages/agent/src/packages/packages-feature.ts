import type { PackagesOptions, VerifySignature } from "@opamp/client";
import { OpAMPError } from "@opamp/protocol";
import { atLeastOne } from "../at-least-one.ts";
import type { Feature, FeatureContext } from "../feature.ts";
import { Installer } from "./installer.ts";
import { PackageContents } from "./package-contents.ts";
import { packageFile } from "./package-file.ts";
import { PackageStore } from "./package-store.ts";
import { PackagesProvider } from "./packages-provider.ts";
import type { PackageFile, PackagesSettings } from "./packages-settings.ts";
import { settledStatuses } from "./settled-statuses.ts";
import { createVerifyContent } from "./verify-content.ts";

/** Takes packages from the server, keeps them on disk, and says what became of them. */
export function createPackagesFeature(
  settings: PackagesSettings,
  context: FeatureContext,
): Feature {
  const parts = createParts(settings, context);
  const { store, contents, installer, provider } = parts;
  const { report, outcomes, clock, stopMs } = context;
  return {
    capabilities: ["AcceptsPackages", "ReportsPackageStatuses"],
    startSettings: {
      packagesStateProvider: provider,
      packages: clientOptions(settings, parts),
    },
    onMessage({ packagesAvailable, packageSyncer }) {
      if (packagesAvailable === undefined || packageSyncer === undefined) return;
      provider.setOffered(Object.keys(packagesAvailable.packages));
      const told = packageSyncer.sync().then((outcome) => outcomes.packages(outcome));
      told.catch((thrown: unknown) => {
        report(OpAMPError.from(thrown, "invalid-state", "the packages"));
      });
    },
    started: () => void parts.recover(),
    async stop() {
      const { promise: deadline, resolve } = Promise.withResolvers<void>();
      const timer = clock.setTimer(resolve, stopMs);
      await installer.stop(deadline);
      timer.cancel();
    },
    packages: () => installedFiles(store, contents),
  };
}

interface Parts {
  readonly store: PackageStore;
  readonly contents: PackageContents;
  readonly installer: Installer;
  readonly provider: PackagesProvider;
  /** Ends what the run before has begun, and reports how; syncs wait for it. */
  readonly recover: () => Promise<void>;
}

function createParts(settings: PackagesSettings, context: FeatureContext): Parts {
  const { files, clock, activities, report } = context;
  const { install, uninstall, isHealthy } = settings;
  const contents = new PackageContents(files);
  const store = new PackageStore({ files, contents, report });
  const installer = new Installer({
    ...(install && { install }),
    ...(uninstall && { uninstall }),
    ...(isHealthy && { isHealthy }),
    timeoutMs: atLeastOne("packages.timeoutMs", settings.timeoutMs ?? 300_000),
    healthCheckMs: atLeastOne("packages.healthCheckMs", settings.healthCheckMs ?? 60_000),
    maxInstallAttempts: atLeastOne("packages.maxInstallAttempts", settings.maxInstallAttempts ?? 3),
    store,
    contents,
    clock,
    activities,
    report,
  });
  const { promise: recovered, resolve } = Promise.withResolvers<void>();
  const provider = new PackagesProvider({ store, contents, installer, recovered });
  const recover = async (): Promise<void> => {
    try {
      await recoverAndReport(store, installer, context);
    } catch (thrown) {
      if (installer.isStopping) return;
      report(OpAMPError.from(thrown, "invalid-state", "what was interrupted before"));
    }
    resolve();
  };
  return { store, contents, installer, provider, recover };
}

async function recoverAndReport(
  store: PackageStore,
  installer: Installer,
  { client, outcomes }: FeatureContext,
): Promise<void> {
  if (store.packages.every(({ work }) => work === undefined)) return;
  const failures = await installer.recover();
  const statuses = settledStatuses(store.statuses ?? {}, store, failures);
  store.setStatuses(statuses);
  client().setPackageStatuses(statuses);
  outcomes.packages({ result: failures.size > 0 ? "failed" : "synced", statuses });
}

/** What the client is told of packages; it asks for a signature where one is to be verified. */
function clientOptions(settings: PackagesSettings, parts: Parts): PackagesOptions {
  const { contents, installer, provider } = parts;
  const given = clientOptionNames.filter((name) => settings[name] !== undefined);
  const options: PackagesOptions = Object.fromEntries(given.map((name) => [name, settings[name]]));
  const verifyContent = createVerifyContent(settings, (path) => contents.read(path));
  if (verifyContent === undefined) return options;
  const verifySignature: VerifySignature = ({ packageName: name, signal, ...content }) => {
    const path = provider.pathOf(name);
    if (path === undefined) return false;
    const verify = (ending: AbortSignal): boolean | Promise<boolean> =>
      verifyContent({ ...content, name, path }, { signal: AbortSignal.any([signal, ending]) });
    return installer.whileRunning(signal, () => installer.handlers.call("verifying", verify));
  };
  return { ...options, verifySignature };
}

const clientOptionNames = [
  "maxConcurrentDownloads",
  "maxPackageBytes",
  "progressIntervalMs",
  "maxAttempts",
  "maxRetryAfterMs",
  "connectTimeoutMs",
  "responseTimeoutMs",
  "stallTimeoutMs",
  "restoreTimeoutMs",
  "retry",
  "fetch",
  "allowInsecureDownloads",
] as const satisfies readonly (keyof PackagesOptions)[];

function installedFiles(
  store: PackageStore,
  contents: PackageContents,
): ReadonlyMap<string, PackageFile> {
  const files = new Map<string, PackageFile>();
  for (const record of store.packages) {
    const { name, installed } = record;
    if (installed !== undefined) files.set(name, packageFile(record, installed, contents));
  }
  return files;
}
