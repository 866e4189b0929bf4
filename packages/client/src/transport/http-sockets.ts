import type { Agent } from "node:http";

/** The use of sockets to the configured server, until it is given back. */
export interface SocketLease {
  readonly agent: Agent;
  /** The last one to give back ends the sockets. Called once. */
  release(reason: unknown): void;
}

interface Open {
  readonly agent: Agent;
  readonly lifetime: AbortController;
}

/** Keeps connections between exchanges, while anybody has use for them. */
export class HttpSockets {
  readonly #createAgent: (signal: AbortSignal) => Agent;
  #open: Open | undefined;
  #users = 0;

  /** The signal cuts what is being connected. */
  constructor(createAgent: (signal: AbortSignal) => Agent) {
    this.#createAgent = createAgent;
  }

  lease(): SocketLease {
    this.#open ??= this.#create();
    const { agent } = this.#open;
    this.#users += 1;
    return { agent, release: (reason) => this.#release(reason) };
  }

  #create(): Open {
    const lifetime = new AbortController();
    return { agent: this.#createAgent(lifetime.signal), lifetime };
  }

  #release(reason: unknown): void {
    this.#users -= 1;
    if (this.#users > 0) return;
    this.#open?.lifetime.abort(reason);
    this.#open?.agent.destroy();
    this.#open = undefined;
  }
}
