import type { IncomingMessage } from "node:http";
import type { Clock, TelemetryConnectionSettings } from "@opamp/protocol";
import { AttemptScope } from "../transport/attempt-scope.ts";
import { createDialer } from "../transport/dialer.ts";
import { post } from "../transport/http-post.ts";
import { firstHop } from "../transport/redirect.ts";
import { telemetryHeaders } from "../transport/request-headers.ts";
import { errorFromResponse } from "../transport/response-error.ts";
import { certificateFromOffer } from "./certificate-from-offer.ts";
import { checkDestination, isNoDestination } from "./check-others.ts";
import { field } from "./field.ts";
import { headersFromOffer } from "./headers-from-offer.ts";
import type { ConnectionSettingsPolicy } from "./policy.ts";
import { proxyFromOffer } from "./settings-from-offer.ts";
import { tlsFromOffer } from "./tls-from-offer.ts";

/** How to reach the destination that a server offered for telemetry. */
export interface TelemetryConnection extends Disposable {
  readonly url: URL;
  /**
   * Posts one body, and resolves when it was accepted. Follows no redirect: the server named the
   * whole URL. Rejects with the `OpAMPError` of what went wrong.
   */
  post(request: TelemetryRequest): Promise<void>;
  /** Cuts what is under way, and closes. */
  [Symbol.dispose](): void;
}

export interface TelemetryRequest {
  readonly body: Uint8Array;
  readonly contentType: string;
  readonly signal: AbortSignal;
}

export interface TelemetryConnectionOptions {
  readonly policy: ConnectionSettingsPolicy;
  readonly clock: Clock;
}

const CONNECT_MS = 10_000;
const RESPONSE_MS = 10_000;
const MAX_DISCARDED_BYTES = 65_536;

/**
 * Makes a connection of offered settings (C-137 to C-139, C-159 to C-167); connects when there is
 * something to post. Undefined for settings that name no destination. Throws `invalid-argument`,
 * naming the field, for what cannot be used.
 */
export function connectToTelemetry(
  settings: TelemetryConnectionSettings,
  { policy, clock }: TelemetryConnectionOptions,
): TelemetryConnection | undefined {
  if (isNoDestination(settings)) return undefined;
  checkDestination(settings, policy);
  const url = new URL(settings.destinationEndpoint);
  const headers = field("headers", () => telemetryHeaders(headersFromOffer(settings.headers)));
  const closing = new AbortController();
  const agent = createDialer(networkOptions(settings, policy)).agentFor(firstHop(url), {
    keepAlive: true,
    signal: closing.signal,
  });
  return {
    url,
    async post({ body, contentType, signal }) {
      using scope = new AttemptScope(clock, AbortSignal.any([signal, closing.signal]));
      const connecting = scope.deadline(CONNECT_MS, "no connection was made");
      scope.deadline(CONNECT_MS + RESPONSE_MS, "no answer arrived");
      const response = await post({
        url,
        headers: { ...headers, "content-type": contentType, "content-length": `${body.length}` },
        body,
        agent,
        signal: scope.signal,
        onConnected: () => connecting.cancel(),
        onWritten() {},
      });
      const { statusCode: status = 0 } = response;
      if (status < 200 || status > 299) throw await errorFromResponse(response, clock);
      await discard(response);
    },
    [Symbol.dispose]() {
      closing.abort();
      agent.destroy();
    },
  };
}

/** An answer is short; one that is not costs the connection. The status has said what counts. */
async function discard(response: IncomingMessage): Promise<void> {
  let bytes = 0;
  try {
    for await (const chunk of response) {
      bytes += chunk.length;
      if (bytes > MAX_DISCARDED_BYTES) return;
    }
  } catch {
    response.destroy();
  }
}

/** What the offer leaves out is the system's: own telemetry has no settings of its own before. */
function networkOptions(
  { tls, certificate, proxy }: TelemetryConnectionSettings,
  policy: ConnectionSettingsPolicy,
) {
  return {
    tls: {
      ...(tls && tlsFromOffer(tls, policy)),
      ...(certificate && certificateFromOffer(certificate)),
    },
    proxy: proxy && proxyFromOffer(proxy),
    timeouts: { connectMs: CONNECT_MS },
  };
}
