import type { PackagesSyncOutcome } from "@opamp/client";
import {
  ConnectionSettingsStatuses,
  type ConnectionSettingsStatusInit,
  type Logger,
  PackageStatusEnum,
  type PackageStatusesInit,
  RemoteConfigStatuses,
  type RemoteConfigStatusInit,
} from "@opamp/protocol";

/** Tells the log what the server is told, so that it can be read on the agent's own machine, too. */
export interface OutcomeLog {
  remoteConfig(status: RemoteConfigStatusInit): void;
  connectionSettings(status: ConnectionSettingsStatusInit): void;
  packages(outcome: Pick<PackagesSyncOutcome, "result"> & { statuses: PackageStatusesInit }): void;
}

export function createOutcomeLog(logger: Logger): OutcomeLog {
  return {
    remoteConfig({ lastRemoteConfigHash, status, errorMessage }) {
      const what = `the remote config ${shortHex(lastRemoteConfigHash)}`;
      if (status === RemoteConfigStatuses.APPLIED) logger.info(`${what} is applied`);
      if (status === RemoteConfigStatuses.FAILED)
        logger.warn(`${what} failed: ${inOneLine(errorMessage)}`);
    },
    connectionSettings({ lastConnectionSettingsHash, status, errorMessage }) {
      const what = `the connection settings ${shortHex(lastConnectionSettingsHash)}`;
      if (status === ConnectionSettingsStatuses.APPLIED) logger.info(`${what} are applied`);
      if (status === ConnectionSettingsStatuses.FAILED)
        logger.warn(`${what} failed: ${inOneLine(errorMessage)}`);
    },
    packages({ result, statuses }) {
      if (result !== "synced" && result !== "failed") return;
      logPackages(logger, statuses);
    },
  };
}

function logPackages(logger: Logger, { packages = {}, errorMessage }: PackageStatusesInit): void {
  if (errorMessage) logger.warn(`the packages failed: ${inOneLine(errorMessage)}`);
  for (const [name, status] of Object.entries(packages)) {
    // The name and the version come from the network.
    const what = `the package ${JSON.stringify(name)}`;
    const offered = JSON.stringify(status.serverOfferedVersion ?? "");
    if (status.status === PackageStatusEnum.Installed)
      logger.info(`${what} is installed in version ${offered}`);
    if (status.status !== PackageStatusEnum.InstallFailed) continue;
    logger.warn(`${what} failed to go to version ${offered}: ${inOneLine(status.errorMessage)}`);
  }
}

/** What a callback threw may have several. */
function inOneLine(text = ""): string {
  return text.replaceAll(/\s+/g, " ");
}

const HASH_BYTES = 4;

/** Enough to tell one offer from another. */
function shortHex(hash: Uint8Array = new Uint8Array()): string {
  return Buffer.from(hash.subarray(0, HASH_BYTES)).toString("hex");
}
