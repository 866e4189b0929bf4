import type { ClientCase } from "../../runner/conformance-case.ts";
import { availableComponentsCases } from "./available-components.ts";
import { capabilityCases } from "./capabilities.ts";
import { commandCases } from "./commands.ts";
import { compressionCases } from "./compression.ts";
import { connectionSettingsStatusCases } from "./connection-settings-status.ts";
import { customMessageCases } from "./custom-messages.ts";
import { errorCases } from "./errors.ts";
import { framingCases } from "./framing.ts";
import { fullStateCases } from "./full-state.ts";
import { heartbeatCases } from "./heartbeat.ts";
import { httpCases } from "./http.ts";
import { lifecycleCases } from "./lifecycle.ts";
import { redirectCases } from "./redirects.ts";
import { remoteConfigCases } from "./remote-config.ts";
import { reportCases } from "./reports.ts";
import { retryingCases } from "./retrying.ts";
import { sequenceCases } from "./sequence.ts";
import { receivedSizeCases, sentSizeCases } from "./size-limits.ts";
import { statusCases } from "./status.ts";
import { uidCases } from "./uid.ts";

/** Every case about a client. */
export const clientCases: readonly ClientCase[] = [
  ...lifecycleCases,
  ...framingCases,
  ...receivedSizeCases,
  ...sentSizeCases,
  ...httpCases,
  ...compressionCases,
  ...redirectCases,
  ...uidCases,
  ...sequenceCases,
  ...statusCases,
  ...fullStateCases,
  ...reportCases,
  ...capabilityCases,
  ...heartbeatCases,
  ...remoteConfigCases,
  ...connectionSettingsStatusCases,
  ...customMessageCases,
  ...availableComponentsCases,
  ...commandCases,
  ...errorCases,
  ...retryingCases,
];
