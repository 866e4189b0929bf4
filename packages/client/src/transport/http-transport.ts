import { OpAMPError } from "@opamp/protocol";
import { createDialer } from "./dialer.ts";
import { createHttpSession } from "./http-session.ts";
import { HttpSockets } from "./http-sockets.ts";
import type { NetworkOptions } from "./network-options.ts";
import { firstHop } from "./redirect.ts";
import { assertHeaders } from "./request-headers.ts";
import type { Transport } from "./transport.ts";

/**
 * OpAMP over plain HTTP. Connecting does no I/O: the first message does. Throws
 * `invalid-argument` for options that do not fit.
 */
export function createHttpTransport(options: NetworkOptions): Transport {
  assertHeaders(options.headers);
  const dialer = createDialer(options);
  const openSockets = (): HttpSockets =>
    new HttpSockets((signal) =>
      dialer.agentFor(firstHop(options.url), { keepAlive: true, signal }),
    );
  const shared = openSockets();
  return {
    name: "http",
    pollsForMessages: true,
    async connect(connect) {
      const { aborted, reason } = connect.signal;
      if (aborted) throw new OpAMPError("aborted", "the attempt was aborted", { cause: reason });
      return createHttpSession({
        options,
        dialer,
        connect,
        sockets: options.sharesSockets ? shared : openSockets(),
      });
    },
  };
}
