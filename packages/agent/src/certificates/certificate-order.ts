import type { OpAMPClient, TlsOptions } from "@opamp/client";
import { type Clock, type InstanceUid, OpAMPError, type Random, type Timer } from "@opamp/protocol";
import { type CertificateFacts, isExpired, readCertificate } from "./certificate-facts.ts";
import { otherAgentOf } from "./certificate-owner.ts";
import { defaultRetry, type ResolvedCertificateSettings } from "./certificate-settings.ts";
import type { OwnKeys } from "./own-keys.ts";
import { reasonNotToAsk } from "./reason-not-to-ask.ts";
import { renewalTimeMs } from "./renewal-time.ts";

/** What an order asks of the client. */
export type OrderingClient = Pick<
  OpAMPClient,
  "instanceUid" | "status" | "connectionSettings" | "requestConnectionSettings" | "switchConnection"
>;

export interface CertificateOrderOptions {
  readonly client: () => OrderingClient;
  readonly keys: OwnKeys;
  readonly settings: ResolvedCertificateSettings;
  /** What the code gave: a certificate in it is to be replaced by one of the agent's own. */
  readonly bootstrap: Pick<TlsOptions, "cert" | "key">;
  readonly clock: Clock;
  readonly random: Random;
  readonly report: (error: OpAMPError) => void;
}

/** Where the agent is on the way to its certificate. Leaving a state frees what it holds. */
type State =
  /** Nothing is to be done, or there is nobody to ask. */
  | { readonly kind: "idle" }
  /** The certificate in force is good; it is looked at again after a while. */
  | { readonly kind: "resting"; readonly timer: Timer }
  /** A request is being made, or on its way. */
  | { readonly kind: "asking"; readonly for: InstanceUid; readonly abort: AbortController }
  /** The server has the request. */
  | { readonly kind: "awaiting-answer"; readonly for: InstanceUid; readonly timer: Timer }
  /** That did not work; it is tried again when the time is over. */
  | { readonly kind: "backing-off"; readonly for: InstanceUid; readonly timer: Timer };

/** How long the agent rests at most: clocks are set, computers sleep, and no timer takes a year. */
const MAX_REST_MS = 24 * 3_600_000;

/** And at least, however short the validity of certificates is. */
const MIN_REST_MS = 10_000;

/**
 * Sees to it that the agent has a certificate of its own: asks for one where it is missing, has to
 * be renewed, or is for another uid. What the server answers with is proven and stored by others;
 * here it only counts which certificate is in force.
 */
export class CertificateOrder {
  readonly #options: CertificateOrderOptions;
  /** One for all, so that the time of a renewal does not change from look to look. */
  readonly #spread: number;
  readonly #bootstrapKey: string | undefined;
  #state: State = { kind: "idle" };
  #failures = 0;
  #stopped = false;

  constructor(options: CertificateOrderOptions) {
    this.#options = options;
    this.#spread = options.random();
    this.#bootstrapKey = certificateOf(options.bootstrap)?.publicKey;
  }

  /** Something may have changed: the connection, the certificate in force, the uid, the time. */
  look(): void {
    if (this.#stopped) return;
    const { instanceUid, connectionSettings } = this.#options.client();
    const certificate = certificateOf(connectionSettings.tls);
    const restMs = this.#restMs(certificate, instanceUid);
    if (certificate !== undefined && restMs > 0) return this.#rest(certificate, restMs);
    if ("for" in this.#state && this.#state.for !== instanceUid) this.#enter({ kind: "idle" });
    const { kind } = this.#state;
    if (this.#mayAsk()) {
      if (kind === "idle" || kind === "resting") this.#ask(instanceUid, certificate?.publicKey);
    } else if (kind !== "backing-off") {
      if (kind !== "awaiting-answer") this.#enter({ kind: "idle" });
      if (certificate !== undefined) this.#leaveExpired(certificate);
    }
  }

  /** A certificate is offered, perhaps before it is known that the request arrived. */
  answered(): void {
    if (this.#state.kind === "asking") this.#awaitAnswer(this.#state.for);
  }

  /** The server could not process something; over WebSocket nothing tells what. */
  refused(why: string): void {
    const state = this.#state;
    if (state.kind !== "asking" && state.kind !== "awaiting-answer") return;
    this.#failed(state.for, new OpAMPError("bad-request", `the server refused: ${why}`));
  }

  /** An offer was not taken: perhaps the one that was waited for. */
  offerFailed(why: string): void {
    const state = this.#state;
    if (state.kind !== "asking" && state.kind !== "awaiting-answer") return;
    this.#failed(state.for, new OpAMPError("tls-failed", `what was offered was not taken: ${why}`));
  }

  stop(): void {
    this.#stopped = true;
    this.#enter({ kind: "idle" });
  }

  /** How long the certificate in force will do. */
  #restMs(certificate: CertificateFacts | undefined, instanceUid: InstanceUid): number {
    const { keys, settings, clock } = this.#options;
    if (certificate === undefined || certificate.publicKey === this.#bootstrapKey) return 0;
    const own = keys.find(certificate.publicKey);
    if (otherAgentOf(certificate, { own, instanceUid }) !== undefined) return 0;
    return renewalTimeMs(certificate, settings.renewAt, this.#spread) - clock.now();
  }

  #rest({ publicKey }: CertificateFacts, restMs: number): void {
    const { keys, clock } = this.#options;
    this.#failures = 0;
    this.#onDisk(() => keys.keepOnly(publicKey));
    const delayMs = Math.max(MIN_REST_MS, Math.min(restMs, MAX_REST_MS));
    const timer = clock.setTimer(() => this.look(), delayMs);
    this.#enter({ kind: "resting", timer });
  }

  /**
   * With an expired certificate no server lets the agent in any more, so that it could not even ask:
   * it goes back to what it was set up with.
   */
  #leaveExpired(certificate: CertificateFacts): void {
    const { client, clock, bootstrap, report } = this.#options;
    const { status, connectionSettings, instanceUid } = client();
    const isAway = status.state === "idle" || status.state === "backing-off";
    if (!isAway || !isExpired(certificate, clock.now())) return;
    if (certificate.publicKey === this.#bootstrapKey) return;
    const since = new Date(certificate.notAfterMs).toISOString();
    report(new OpAMPError("tls-failed", `the certificate has expired on ${since}; going without`));
    const { cert: _cert, key: _key, ...tls } = connectionSettings.tls;
    this.#backOff(instanceUid);
    void client()
      .switchConnection({ tls: { ...tls, ...bootstrap } })
      .then(
        ({ kind }) => {
          if (kind === "switched" && this.#state.kind === "backing-off") this.#again();
        },
        (thrown: unknown) => report(OpAMPError.from(thrown, "invalid-state", "going without")),
      );
  }

  /** Only over TLS, to a server that has said it takes requests (C-151, C-154). */
  #mayAsk(): boolean {
    const { status, connectionSettings } = this.#options.client();
    return (
      reasonNotToAsk(connectionSettings) === undefined &&
      status.state === "online" &&
      status.serverCapabilities?.includes("AcceptsConnectionSettingsRequest") === true
    );
  }

  #ask(instanceUid: InstanceUid, inUse: string | undefined): void {
    const abort = new AbortController();
    this.#enter({ kind: "asking", for: instanceUid, abort });
    this.#request(instanceUid, inUse, abort.signal).then(
      () => {
        if (!abort.signal.aborted) this.#awaitAnswer(instanceUid);
      },
      (thrown: unknown) => {
        if (!abort.signal.aborted) this.#failed(instanceUid, thrown);
      },
    );
  }

  /** Resolves when the server has the request. */
  async #request(
    instanceUid: InstanceUid,
    inUse: string | undefined,
    signal: AbortSignal,
  ): Promise<void> {
    const { client, keys, settings } = this.#options;
    const { keyType, subject } = settings;
    const { createCertificateRequest } = await import("./certificate-request.ts");
    const { privateKey } = await keys.forRequest({ instanceUid, keyType }, inUse, signal);
    signal.throwIfAborted();
    const request = createCertificateRequest({ instanceUid, subject, privateKey });
    const csr = new TextEncoder().encode(request);
    const opamp = { certificateRequest: { csr } };
    await client().requestConnectionSettings({ opamp }, { signal });
  }

  #failed(instanceUid: InstanceUid, thrown: unknown): void {
    const error = OpAMPError.from(thrown, "state-unusable", "no request could be made");
    if (error.code === "stopped") return;
    // It will be asked when it says that it takes requests.
    if (error.code === "peer-lacks-capability") return this.#enter({ kind: "idle" });
    const message = `no certificate yet: ${error.message}`;
    this.#options.report(new OpAMPError(error.code, message, { cause: error }));
    this.#backOff(instanceUid);
  }

  #awaitAnswer(instanceUid: InstanceUid): void {
    const { clock, settings } = this.#options;
    const timer = clock.setTimer(() => this.#backOff(instanceUid), settings.answerTimeoutMs);
    this.#enter({ kind: "awaiting-answer", for: instanceUid, timer });
  }

  #backOff(instanceUid: InstanceUid): void {
    this.#failures += 1;
    const timer = this.#options.clock.setTimer(() => this.#again(), this.#delayMs());
    this.#enter({ kind: "backing-off", for: instanceUid, timer });
  }

  /** What the policy says, unless that is of no use (L-07). */
  #delayMs(): number {
    const { settings, random, report } = this.#options;
    try {
      const delayMs = settings.retry.delayMs(this.#failures, random);
      if (Number.isFinite(delayMs) && delayMs >= 0) return delayMs;
      throw new RangeError(`${delayMs} ms is no time to wait`);
    } catch (thrown) {
      report(OpAMPError.from(thrown, "callback-failed", "certificate.retry"));
      return defaultRetry.delayMs(this.#failures, random);
    }
  }

  #again(): void {
    this.#enter({ kind: "idle" });
    this.look();
  }

  /** The disk may refuse; the certificate is good all the same. */
  #onDisk(act: () => void): void {
    try {
      act();
    } catch (thrown) {
      this.#options.report(OpAMPError.from(thrown, "state-unusable", "old keys are not removed"));
    }
  }

  #enter(next: State): void {
    const left = this.#state;
    this.#state = next;
    if (left.kind === "asking") left.abort.abort();
    if ("timer" in left) left.timer.cancel();
  }
}

function certificateOf({ cert }: Pick<TlsOptions, "cert">): CertificateFacts | undefined {
  return cert === undefined ? undefined : readCertificate(cert);
}
