import { type ServerCapability, type ServerToAgent, serverHasCapability } from "@opamp/protocol";

/** What a message taught that was not known before. */
export interface Learned {
  /** Capabilities or flags differ. */
  readonly status: boolean;
  /** The list of custom capabilities differs. */
  readonly customCapabilities: boolean;
}

/** What the server has said of itself; kept over reconnects until it says otherwise. */
export class ServerKnowledge {
  #capabilityBits: bigint | undefined;
  #flagBits = 0n;
  #customCapabilities: ReadonlySet<string> | undefined;

  /** Undefined until the server has spoken. */
  get capabilityBits(): bigint | undefined {
    return this.#capabilityBits;
  }

  get flagBits(): bigint {
    return this.#flagBits;
  }

  /** Whether the server has spoken: before, it may or may not support what it did not announce. */
  get isKnown(): boolean {
    return this.#capabilityBits !== undefined;
  }

  accepts(capability: ServerCapability): boolean {
    return serverHasCapability(this.#capabilityBits ?? 0n, capability);
  }

  /** Whether the server announced a custom capability, by the exact string (W-53, W-58). */
  supports(customCapability: string): boolean {
    return this.#customCapabilities?.has(customCapability) === true;
  }

  /** Another server: nothing is known of it. */
  forget(): void {
    this.#capabilityBits = undefined;
    this.#flagBits = 0n;
    this.#customCapabilities = undefined;
  }

  /** Learns from a message. No capability bits mean unchanged, not none (C-65). */
  learn(message: ServerToAgent): Learned {
    const before = [this.#capabilityBits, this.#flagBits];
    if (message.capabilities !== 0n) this.#capabilityBits = message.capabilities;
    else this.#capabilityBits ??= 0n;
    this.#flagBits = message.flags;
    return {
      status: before[0] !== this.#capabilityBits || before[1] !== this.#flagBits,
      customCapabilities: this.#learnCustom(message.customCapabilities?.capabilities),
    };
  }

  /** A list replaces the one before (W-52); over HTTP it comes with every answer. */
  #learnCustom(list: readonly string[] | undefined): boolean {
    if (list === undefined) return false;
    const before = this.#customCapabilities;
    this.#customCapabilities = new Set(list);
    return before === undefined || before.symmetricDifference(this.#customCapabilities).size > 0;
  }
}
