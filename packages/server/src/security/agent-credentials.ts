import {
  type AgentToServer,
  type Clock,
  ConnectionSettingsStatuses,
  type InstanceUid,
  instanceUidFromBytes,
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
  createMemoryCredentials,
  noCredentials,
  type StoredCredentials,
  withFormerInUse,
  withOfferedInUse,
} from "./credential-store.ts";
import type { Verdict } from "./credentials-check.ts";
import { type Identity, identityOf } from "./identity.ts";

/** Every member is optional. */
export interface AgentCredentialsOptions {
  /** @default in memory */
  readonly store?: CredentialStore;
  /**
   * How long the former token is good once the agent has come with its new one, in milliseconds: an
   * agent that fails at the new one goes back. @default 300000 (5 min)
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
export function createAgentCredentials(options: AgentCredentialsOptions = {}): AgentCredentials {
  assertKnownMembers("createAgentCredentials", options, known);
  const { overlapMs = 300_000, store = createMemoryCredentials() } = options;
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
    const { store, clock } = this.#options;
    const { current, former, offered } =
      (await store.load(instanceUid)) ?? noCredentials(instanceUid);
    const good = [current, offered?.digest, clock.now() < (former?.untilMs ?? 0) && former?.digest];
    const digest = good.find((one) => typeof one === "string" && hasDigest(token, one));
    if (typeof digest !== "string") return false;
    const credentialId = idOfDigest(digest);
    if (digest === offered?.digest) this.#fresh.add(credentialId);
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
    const pass = (connection: Connection, message: AgentToServer): Said | Promise<Said> =>
      checked.onMessage?.(connection, message);
    const onMessage = (connection: Connection, message: AgentToServer): Said | Promise<Said> => {
      const first = this.#beforeMessage(identityOf(connection), message);
      if (first === undefined) return pass(connection, message);
      return first.then((refusal) => refusal ?? pass(connection, message));
    };
    return { ...checked, onMessage };
  }

  /** What has to be done before a message counts, for the few where there is anything. */
  #beforeMessage(
    identity: Identity | undefined,
    { instanceUid, connectionSettingsStatus }: AgentToServer,
  ): Promise<ServerToAgentInit | undefined> | undefined {
    const uid = identity?.instanceUid;
    const credentialId = identity?.credentialId;
    if (uid === undefined) return this.#refuseIfKnown(instanceUidFromBytes(instanceUid));
    if (credentialId === undefined) return undefined;
    if (this.#fresh.has(credentialId)) return this.#takeIntoUse(uid, credentialId);
    if (connectionSettingsStatus?.status !== ConnectionSettingsStatuses.FAILED) return undefined;
    return this.#goBack(uid, credentialId);
  }

  /** Bootstrap credentials are good for agents that have none of their own. */
  async #refuseIfKnown(uid: InstanceUid): Promise<ServerToAgentInit | undefined> {
    const stored = await this.#options.store.load(uid);
    return stored?.current === undefined ? undefined : hasItsOwn;
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

  /** It says so with its former token: it could not use the new one. */
  async #goBack(uid: InstanceUid, credentialId: string): Promise<undefined> {
    await this.#change(uid, async (stored) => {
      if (stored.former === undefined || idOfDigest(stored.former.digest) !== credentialId) return;
      await this.#options.store.save(withFormerInUse(stored));
    });
  }

  /** Stored before anyone hears of it (S-76). */
  async #offerNew(stored: StoredCredentials): Promise<string> {
    const { token, digest } = createAgentToken(stored.instanceUid);
    await this.#options.store.save({ ...stored, offered: { digest, token } });
    return token;
  }

  #change<T>(
    instanceUid: InstanceUid,
    change: (stored: StoredCredentials) => Promise<T>,
  ): Promise<T> {
    const uid = parseInstanceUid(instanceUid);
    return this.#queue.run(uid, async () => {
      const stored = await this.#options.store.load(uid);
      return change(stored ?? noCredentials(uid));
    });
  }
}

const hasItsOwn = errorAnswer(
  ServerErrorResponseType.BadRequest,
  "this agent has credentials of its own",
);
