import type { ProxyAddress } from "./proxy-url.ts";
import type { TlsProfile } from "./tls-profile.ts";

/** What it takes to open a tunnel. */
export interface TunnelOptions {
  readonly proxy: ProxyAddress;
  /** For the connection to an `https:` proxy (C-166). */
  readonly tls: TlsProfile;
  readonly target: { readonly host: string; readonly port: number };
  /** Cuts the tunnel, at any time. */
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
}
