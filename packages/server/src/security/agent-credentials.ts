import {
  type AgentToServer,
  type Clock,
  ConnectionSettingsStatuses,
  type InstanceUid,
  instanceUidFromBytes,
  OpAMPError,
  parseInstanceUid,
  ServerErrorResponseType,
  type ServerToAgentInit,
  systemClock,
} from "@opamp/protocol";
import { assertKnownMembers, assertNumberSetting } from "@opamp/protocol/internal";
import { errorAnswer } from "../answer.ts";
import type { ConnectionCallbacks } from "../callbacks.ts";
import type { Connection } from "../connection.ts";
import { KeyedQueue } from "../tracker/keyed-queue.ts";
import { claimedUid, createAgentToken, hasDigest, idOfDigest } from "./agent-token.ts";
import { checkInstanceUid } from "./check-instance-uid.ts";
import {
  type CredentialStore,
  loadCredentials,
  type StoredCredentials,
  withFormerInUse,
  withOfferedInUse,
} from "./credential-store.ts";
import type { Verdict } from "./credentials-check.ts";
import { type Identity, identityOf } from "./identity.ts";

export interface AgentCredentialsOptions {
  /** Without what it keeps, agents that have a token cannot connect. */
  readonly store: CredentialStore;
  /**
   * How long what an agent came with before is good once it has come with its new token, in
   * milliseconds: an agent that fails at the new one goes back. @default 300000 (5 min)
   */
  readonly overlapMs?: number;
  /** Called when an agent's tokens are revoked: to tell other destinations that take them (S-90). */
  readonly onRevoked?: (instanceUid: InstanceUid) => void | Promise<void>;
  /** @default the system's */
  readonly clock?: Clock;
}

/** Bearer tokens, one for each agent, that are replaced while agents are connected. */
export interface AgentCredentials {
  /** Whether a token is an agent's: for `requireBearer`. */
  verify(token: string): Promise<Verdict>;
  /**
   * The token that an agent is to be offered; undefined when it has one that is not to be replaced.
   * For an agent that has none, it is made and stored before it is told (S-76, S-87, S-88).
   */
  offer(instanceUid: InstanceUid): Promise<string | undefined>;
  /** Makes a new token for an agent, to be offered by `offer`. The one it has stays good (S-77). */
  rotate(instanceUid: InstanceUid): Promise<void>;
  /** Makes all tokens of an agent bad from now on (S-89). Its connections are closed by you. */
  revoke(instanceUid: InstanceUid): Promise<void>;
  /**
   * Callbacks that see which token agents come with. A token speaks for its own agent only, and other
   * credentials for agents that have no token; whoever else is answered with BAD_REQUEST.
   */
  guard<C extends ConnectionCallbacks>(callbacks: C): C;
}

const known: Readonly<Record<keyof AgentCredentialsOptions, true>> = {
  store: true,
  overlapMs: true,
  onRevoked: true,
  clock: true,
};

/** Makes them. Throws `invalid-argument` for an option that makes no sense. */
export function createAgentCredentials(options: AgentCredentialsOptions): AgentCredentials {
  assertKnownMembers("createAgentCredentials", options, known);
  const { overlapMs = 300_000, store } = options;
  if (typeof store?.load !== "function") {
    throw new OpAMPError("invalid-argument", "createAgentCredentials needs a store");
  }
  assertNumberSetting("createAgentCredentials.overlapMs", overlapMs, 0);
  const { onRevoked, clock = systemClock } = options;
  return new TokenCredentials({ overlapMs, store, onRevoked, clock });
}

type Said = ServerToAgentInit | undefined | void;

interface ResolvedOptions extends Required<Omit<AgentCredentialsOptions, "onRevoked">> {
  readonly onRevoked: AgentCredentialsOptions["onRevoked"];
}

class TokenCredentials implements AgentCredentials {
  readonly #options: ResolvedOptions;
  readonly #queue = new KeyedQueue<InstanceUid>();
  /** The tokens that agents came with for the first time, until a message shows that they are in. */
  readonly #fresh = new Set<string>();

  constructor(options: ResolvedOptions) {
    this.#options = options;
  }

  async verify(token: string): Promise<Verdict> {
    const instanceUid = claimedUid(token);
    if (instanceUid === undefined) return false;
    const stored = await loadCredentials(this.#options.store, instanceUid);
    const former = this.#isFormerGood(stored) ? stored.former?.digest : undefined;
    const offered = stored.offered?.digest;
    const digest = [stored.current, former, offered].find((one) => hasDigest(token, one));
    if (digest === undefined) return false;
    const credentialId = idOfDigest(digest);
    if (digest === offered) this.#fresh.add(credentialId);
    return { name: instanceUid, instanceUid, credentialId };
  }

  offer(instanceUid: InstanceUid): Promise<string | undefined> {
    return this.#change(instanceUid, async (stored) => {
      if (stored.offered !== undefined || stored.current !== undefined)
        return stored.offered?.token;
      return this.#offerNew(stored);
    });
  }

  async rotate(instanceUid: InstanceUid): Promise<void> {
    await this.#change(instanceUid, (stored) => this.#offerNew(stored));
  }

  async revoke(instanceUid: InstanceUid): Promise<void> {
    const { store, onRevoked } = this.#options;
    await this.#change(instanceUid, async () => store.delete(parseInstanceUid(instanceUid)));
    await onRevoked?.(instanceUid);
  }

  guard<C extends ConnectionCallbacks>(callbacks: C): C {
    const checked = checkInstanceUid(callbacks);
    const onMessage = (
      connection: Connection,
      message: AgentToServer,
      uid: InstanceUid = instanceUidFromBytes(message.instanceUid),
    ): Said | Promise<Said> => {
      const first = this.#beforeMessage(identityOf(connection), message, uid);
      if (first === undefined) return checked.onMessage?.(connection, message, uid);
      return first.then((refusal) => refusal ?? checked.onMessage?.(connection, message, uid));
    };
    return { ...checked, onMessage };
  }

  /** What has to be done before a message counts, for the few where there is anything. */
  #beforeMessage(
    identity: Identity | undefined,
    { connectionSettingsStatus }: AgentToServer,
    messageUid: InstanceUid,
  ): Promise<ServerToAgentInit | undefined> | undefined {
    const uid = identity?.instanceUid;
    const hasFailed = connectionSettingsStatus?.status === ConnectionSettingsStatuses.FAILED;
    if (uid === undefined) return this.#admitWithOthers(messageUid, hasFailed);
    const credentialId = identity?.credentialId;
    if (credentialId === undefined) return undefined;
    if (this.#fresh.has(credentialId)) return this.#takeIntoUse(uid, credentialId);
    return hasFailed ? this.#goBack(uid, credentialId) : undefined;
  }

  /** Bootstrap credentials are good for agents that have none of their own. */
  async #admitWithOthers(
    uid: InstanceUid,
    hasFailed: boolean,
  ): Promise<ServerToAgentInit | undefined> {
    const stored = await loadCredentials(this.#options.store, uid);
    if (stored.current === undefined) return undefined;
    if (stored.former?.digest !== undefined || !this.#isFormerGood(stored)) return hasItsOwn;
    return hasFailed ? this.#goBack(uid, undefined) : undefined;
  }

  async #takeIntoUse(uid: InstanceUid, credentialId: string): Promise<undefined> {
    const { store, overlapMs, clock } = this.#options;
    await this.#change(uid, async (stored) => {
      if (stored.offered === undefined || idOfDigest(stored.offered.digest) !== credentialId)
        return;
      await store.save(withOfferedInUse(stored, clock.now() + overlapMs));
    });
    this.#fresh.delete(credentialId);
  }

  /** It says so with what it came with before: it could not use its new token. */
  async #goBack(uid: InstanceUid, credentialId: string | undefined): Promise<undefined> {
    await this.#change(uid, async (stored) => {
      const digest = stored.former?.digest;
      const formerId = digest === undefined ? undefined : idOfDigest(digest);
      if (stored.former === undefined || formerId !== credentialId) return;
      await this.#options.store.save(withFormerInUse(stored));
    });
  }

  #isFormerGood({ former }: StoredCredentials): boolean {
    return this.#options.clock.now() < (former?.untilMs ?? 0);
  }

  /** Stored before anyone hears of it (S-76). */
  async #offerNew(stored: StoredCredentials): Promise<string> {
    const { token, digest } = createAgentToken(stored.instanceUid);
    const { overlapMs, store, clock } = this.#options;
    // An agent that has come with what it was offered will forget what it had.
    const before = this.#isOfferedFresh(stored)
      ? withOfferedInUse(stored, clock.now() + overlapMs)
      : stored;
    await store.save({ ...before, offered: { digest, token } });
    return token;
  }

  #isOfferedFresh({ offered }: StoredCredentials): boolean {
    return offered !== undefined && this.#fresh.has(idOfDigest(offered.digest));
  }

  #change<T>(
    instanceUid: InstanceUid,
    change: (stored: StoredCredentials) => Promise<T>,
  ): Promise<T> {
    const uid = parseInstanceUid(instanceUid);
    return this.#queue.run(uid, async () =>
      change(await loadCredentials(this.#options.store, uid)),
    );
  }
}

const hasItsOwn = errorAnswer(
  ServerErrorResponseType.BadRequest,
  "this agent has credentials of its own",
);
