import { type ServerCapability, type ServerToAgent, serverHasCapability } from "@opamp/protocol";

/** What the server has said of itself; kept over reconnects until it says otherwise. */
export class ServerKnowledge {
  #capabilityBits: bigint | undefined;
  #flagBits = 0n;
  #customCapabilities: ReadonlySet<string> = new Set();

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
    return this.#customCapabilities.has(customCapability);
  }

  /**
   * Learns from a message. No capability bits mean unchanged, not none (C-65). Returns whether
   * capabilities or flags differ from before.
   */
  learn(message: ServerToAgent): boolean {
    const before = [this.#capabilityBits, this.#flagBits];
    if (message.capabilities !== 0n) this.#capabilityBits = message.capabilities;
    else this.#capabilityBits ??= 0n;
    this.#flagBits = message.flags;
    if (message.customCapabilities !== undefined) {
      this.#customCapabilities = new Set(message.customCapabilities.capabilities);
    }
    return before[0] !== this.#capabilityBits || before[1] !== this.#flagBits;
  }
}
