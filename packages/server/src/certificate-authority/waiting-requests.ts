import type { InstanceUid, ServerToAgentInit } from "@opamp/protocol";
import type { CertificateRequest } from "./issuer-settings.ts";

/** How far a request has come. */
type Waiting =
  | { readonly for: "decision"; readonly request: CertificateRequest }
  /** What was decided is told when the agent next says something. */
  | { readonly for: "agent"; readonly answer: ServerToAgentInit };

/** The requests that are not done with, one for each agent. The oldest are forgotten. */
export class WaitingRequests {
  readonly #max: number;
  readonly #waiting = new Map<InstanceUid, Waiting>();

  constructor(max: number) {
    this.#max = max;
  }

  /** Those that wait for a decision. */
  requests(): readonly CertificateRequest[] {
    return [...this.#waiting.values()].flatMap((one) =>
      one.for === "decision" ? [one.request] : [],
    );
  }

  add(request: CertificateRequest): void {
    this.#put(request.instanceUid, { for: "decision", request });
  }

  /** Has a request wait again, unless there is a newer one. */
  putBack(request: CertificateRequest): void {
    if (!this.#waiting.has(request.instanceUid)) this.add(request);
  }

  /** Nothing is told about a request when there is a newer one. */
  addAnswer(uid: InstanceUid, answer: ServerToAgentInit): void {
    if (!this.#waiting.has(uid)) this.#put(uid, { for: "agent", answer });
  }

  takeRequest(uid: InstanceUid): CertificateRequest | undefined {
    const one = this.#waiting.get(uid);
    if (one?.for !== "decision") return undefined;
    this.#waiting.delete(uid);
    return one.request;
  }

  takeAnswer(uid: InstanceUid): ServerToAgentInit | undefined {
    const one = this.#waiting.get(uid);
    if (one?.for !== "agent") return undefined;
    this.#waiting.delete(uid);
    return one.answer;
  }

  /** A newer request takes the place of all that waits. */
  forget(uid: InstanceUid): void {
    this.#waiting.delete(uid);
  }

  get isEmpty(): boolean {
    return this.#waiting.size === 0;
  }

  /** The agent is reached on another connection than the one of its request. */
  moved(uid: InstanceUid, connection: CertificateRequest["connection"]): void {
    const one = this.#waiting.get(uid);
    if (one?.for !== "decision" || one.request.connection === connection) return;
    this.#waiting.set(uid, { for: "decision", request: { ...one.request, connection } });
  }

  #put(uid: InstanceUid, waiting: Waiting): void {
    this.#waiting.delete(uid);
    this.#waiting.set(uid, waiting);
    const [oldest] = this.#waiting.keys();
    if (oldest !== undefined && this.#waiting.size > this.#max) this.#waiting.delete(oldest);
  }
}
