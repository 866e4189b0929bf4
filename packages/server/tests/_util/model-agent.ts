import {
  AgentCapabilities,
  type AgentToServerInit,
  bytesFromInstanceUid,
  createInstanceUid,
  encodeAgentToServer,
  type StatusPart,
  statusParts,
} from "@opamp/protocol";

/** All that an agent may report. */
const reportingCapabilities: bigint =
  AgentCapabilities.ReportsStatus |
  AgentCapabilities.ReportsHealth |
  AgentCapabilities.ReportsEffectiveConfig |
  AgentCapabilities.ReportsRemoteConfig |
  AgentCapabilities.ReportsPackageStatuses |
  AgentCapabilities.ReportsAvailableComponents |
  AgentCapabilities.ReportsConnectionSettingsStatus;

type PartInit<P extends StatusPart> = NonNullable<AgentToServerInit[P]>;
type Parts = { [P in StatusPart]?: PartInit<P> };

/** A value of a status part, one for each number. */
const values: { readonly [P in StatusPart]: (n: number) => PartInit<P> } = {
  agentDescription: (n) => ({
    identifyingAttributes: [{ key: "n", value: { value: { case: "intValue", value: BigInt(n) } } }],
  }),
  health: (n) => ({ healthy: n % 2 === 0, status: `${n}` }),
  effectiveConfig: (n) => ({ configMap: { configMap: { f: { body: Uint8Array.of(n) } } } }),
  remoteConfigStatus: (n) => ({ lastRemoteConfigHash: Uint8Array.of(1, n), status: 1 }),
  packageStatuses: (n) => ({ serverProvidedAllPackagesHash: Uint8Array.of(2, n), packages: {} }),
  customCapabilities: (n) => ({ capabilities: [`c${n}`] }),
  availableComponents: (n) => ({ hash: Uint8Array.of(3, n) }),
  connectionSettingsStatus: (n) => ({
    lastConnectionSettingsHash: Uint8Array.of(4, n),
    status: 1,
  }),
};

const always = ["agentDescription", "health", "effectiveConfig", "availableComponents"] as const;

/** An agent that follows the rules: it reports what changed, and everything when asked. */
export class ModelAgent {
  readonly uid: Uint8Array = bytesFromInstanceUid(createInstanceUid());
  parts: Parts = {};
  readonly #hasCustom: boolean;
  #due = new Set<StatusPart>();
  #sequenceNum = 0n;
  #fullStateAsked = false;

  /** @param hasCustom whether it has custom capabilities; no bit announces them */
  constructor(hasCustom: boolean) {
    this.#hasCustom = hasCustom;
    this.restart(0);
  }

  /** A new life: what came by offers is lost, and numbers begin anew. */
  restart(n: number): void {
    this.parts = {};
    this.#due.clear();
    this.#sequenceNum = 0n;
    this.#fullStateAsked = false;
    for (const part of always) this.set(part, n);
    if (this.#hasCustom) this.set("customCapabilities", n);
  }

  set(part: StatusPart, n: number): void {
    if (part === "customCapabilities" && !this.#hasCustom) return;
    Object.assign(this.parts, { [part]: values[part](n) });
    this.#due.add(part);
  }

  askFullState(): void {
    this.#fullStateAsked = true;
  }

  /** The next message: it takes what it sends for delivered. */
  nextMessage(): Uint8Array {
    const names = this.#fullStateAsked ? statusParts : [...this.#due];
    this.#fullStateAsked = false;
    this.#due.clear();
    const bytes = encodeAgentToServer({
      instanceUid: this.uid,
      capabilities: reportingCapabilities,
      sequenceNum: this.#sequenceNum,
      ...Object.fromEntries(names.map((name) => [name, this.parts[name]])),
    });
    this.#sequenceNum += 1n;
    return bytes;
  }
}
