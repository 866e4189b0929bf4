import type { ServerCase } from "../../runner/conformance-case.ts";
import { answerCases } from "./answers.ts";
import { capabilityCases } from "./capabilities.ts";
import { compatibilityCases } from "./compatibility.ts";
import { compressionCases } from "./compression.ts";
import { configCases } from "./config.ts";
import { customMessageCases } from "./custom-messages.ts";
import { endpointCases } from "./endpoint.ts";
import { errorCases } from "./errors.ts";
import { framingCases } from "./framing.ts";
import { httpCases } from "./http.ts";
import { authenticationCases, lifecycleCases } from "./lifecycle.ts";
import { reportCases } from "./reports.ts";
import { httpSizeCases } from "./size-limits-http.ts";
import { webSocketSizeCases } from "./size-limits-web-socket.ts";
import { trackingCases } from "./tracking.ts";
import { uidCases } from "./uid.ts";

/** Every case about a server. */
export const serverCases: readonly ServerCase[] = [
  ...endpointCases,
  ...framingCases,
  ...webSocketSizeCases,
  ...httpCases,
  ...httpSizeCases,
  ...compressionCases,
  ...uidCases,
  ...answerCases,
  ...capabilityCases,
  ...trackingCases,
  ...reportCases,
  ...configCases,
  ...customMessageCases,
  ...errorCases,
  ...lifecycleCases,
  ...authenticationCases,
  ...compatibilityCases,
];
