import type { Scenario } from "../scenario.ts";
import { certificateScenarios } from "./certificates.ts";
import { connectionScenarios } from "./connection.ts";
import { connectionSettingsScenarios } from "./connection-settings.ts";
import { identityScenarios } from "./identity.ts";
import { messageScenarios } from "./messages.ts";
import { packageScenarios } from "./packages.ts";
import { remoteConfigScenarios } from "./remote-config.ts";
import { statusScenarios } from "./status.ts";
import { tlsScenarios } from "./tls.ts";

export const scenarios: readonly Scenario[] = [
  ...statusScenarios,
  ...remoteConfigScenarios,
  ...identityScenarios,
  ...messageScenarios,
  ...connectionScenarios,
  ...tlsScenarios,
  ...connectionSettingsScenarios,
  ...certificateScenarios,
  ...packageScenarios,
];
