import type { InstanceUid } from "@opamp/protocol";

/** The credentials of one agent. Plain immutable data. */
export interface StoredCredentials {
  readonly instanceUid: InstanceUid;
  /** The SHA-256 of the token it uses, in hexadecimal digits; undefined before its first. */
  readonly current: string | undefined;
  /**
   * What it came with before, and until when that is good, should it go back: a token, or without a
   * digest, credentials that are not of these.
   */
  readonly former: { readonly digest: string | undefined; readonly untilMs: number } | undefined;
  /** What it is offered: the token itself, until the agent has come with it. Keep it safe. */
  readonly offered: { readonly digest: string; readonly token: string } | undefined;
}

type Loaded = StoredCredentials | null | undefined;

/** Where credentials outlive the process. The calls for one agent come in order. */
export interface CredentialStore {
  /** Null, as databases say it, is as good as undefined, also for a member. */
  load(uid: InstanceUid): Loaded | Promise<Loaded>;
  save(credentials: StoredCredentials): void | Promise<void>;
  delete(uid: InstanceUid): void | Promise<void>;
}

/**
 * Keeps credentials as long as the process lives: for tests and first tries. Whoever has a token is
 * locked out by a restart of the server.
 */
export function createMemoryCredentialStore(): CredentialStore {
  const agents = new Map<InstanceUid, StoredCredentials>();
  return {
    load: (uid) => agents.get(uid),
    save: (credentials) => void agents.set(credentials.instanceUid, credentials),
    delete: (uid) => void agents.delete(uid),
  };
}

/** What is known of an agent, who may have none. */
export async function loadCredentials(
  store: CredentialStore,
  instanceUid: InstanceUid,
): Promise<StoredCredentials> {
  const stored = await store.load(instanceUid);
  return {
    instanceUid,
    current: stored?.current ?? undefined,
    former: stored?.former ?? undefined,
    offered: stored?.offered ?? undefined,
  };
}

/** The agent has come with what it was offered (S-77). */
export function withOfferedInUse(
  { instanceUid, current, offered }: StoredCredentials,
  formerUntilMs: number,
): StoredCredentials {
  const former = { digest: current, untilMs: formerUntilMs };
  return { instanceUid, current: offered?.digest, former, offered: undefined };
}

/** The agent could not use its new token after all, and has gone back to what it had. */
export function withFormerInUse(credentials: StoredCredentials): StoredCredentials {
  if (credentials.former === undefined) return credentials;
  return { ...credentials, current: credentials.former.digest, former: undefined };
}
