import type { Socket } from "node:net";
import { describeThrown, OpAMPError } from "@opamp/protocol";
import { openHttpTunnel } from "./http-tunnel.ts";
import { withoutDetails } from "./network-error.ts";
import type { TunnelOptions } from "./tunnel-options.ts";

/**
 * A connection to the target through the proxy, and through nothing else (L-05). Rejects with
 * `proxy-failed`.
 */
export async function openTunnel(options: TunnelOptions): Promise<Socket> {
  const { proxy, signal } = options;
  const isSocks = proxy.scheme === "socks5:" || proxy.scheme === "socks5h:";
  try {
    if (!isSocks) return await openHttpTunnel(options);
    const { openSocksTunnel } = await import("./socks-tunnel.ts");
    return await openSocksTunnel(options);
  } catch (thrown) {
    if (signal.aborted) throw signal.reason;
    const message = `the proxy ${proxy.host}:${proxy.port} failed: ${describeThrown(thrown)}`;
    // The errors of proxy libraries hold the password of the proxy among their fields.
    throw new OpAMPError("proxy-failed", message, { cause: withoutDetails(thrown) });
  }
}
