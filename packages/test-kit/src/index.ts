export { type AgentCrowd, createAgentCrowd, type PaceOptions } from "./agent-crowd.ts";
export {
  type CertificateAuthority,
  createCertificateAuthority,
  createRequest,
  type KeyedCertificate,
  publicKeyOfRequest,
  type RequestContent,
  type SignOptions,
  type Validity,
} from "./certificates.ts";
export {
  type ChaosProxy,
  type ChaosProxyOptions,
  type Mishap,
  startChaosProxy,
} from "./chaos-proxy.ts";
export { collectorReport } from "./collector-report.ts";
export {
  type ConnectProxy,
  type ConnectProxyOptions,
  type ProxyRequest,
  startConnectProxy,
} from "./connect-proxy.ts";
export { type EventuallyOptions, eventually } from "./eventually.ts";
export { createFakeClock, type FakeClock } from "./fake-clock.ts";
export { Latencies } from "./latencies.ts";
export { createLeanAgent, type LeanAgent, LeanConnectionError } from "./lean-agent.ts";
export type { LeanAddress, Refusal } from "./lean-socket.ts";
export { listenLocally } from "./local-server.ts";
export { createSeededRandom } from "./seeded-random.ts";
export {
  type SocksProxy,
  type SocksProxyOptions,
  type SocksRequest,
  startSocksProxy,
} from "./socks-proxy.ts";
