import type { InstanceUid } from "@opamp/protocol";
import type { ConnectRequest } from "../connect-request.ts";
import type { Connection } from "../connection.ts";

/** Whom the credentials of a connection belong to. Never holds a credential. */
export interface Identity {
  /** For people and logs. */
  readonly name?: string;
  /** The agent that the credentials are bound to; left out when they are good for any. */
  readonly instanceUid?: InstanceUid;
  /** Which credential it was: to find the connections of one that is revoked (S-89). */
  readonly credentialId?: string;
}

// By the request: adapters make connections in their own ways, but each keeps the request it asked with.
const identities = new WeakMap<ConnectRequest, Identity>();

export function rememberIdentity(request: ConnectRequest, identity: Identity | undefined): void {
  if (identity !== undefined) identities.set(request, identity);
}

/** Whom `onConnecting` let in with an identity; undefined when it said none. */
export function identityOf({ request }: Pick<Connection, "request">): Identity | undefined {
  return identities.get(request);
}
