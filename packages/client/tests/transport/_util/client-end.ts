import type { OpAMPError } from "@opamp/protocol";
import type { ConnectOptions, Session, Transport } from "../../../src/transport/transport.ts";

/** A session together with all that its callbacks were told. */
export interface ClientEnd {
  readonly session: Session;
  readonly messages: readonly Uint8Array[];
  /** Resolves with what `onClose` was called with. */
  readonly closed: Promise<OpAMPError | undefined>;
  /** How many times `onClose` was called. */
  readonly closeCalls: number;
}

export type ClientEndOptions = Partial<
  Pick<ConnectOptions, "signal" | "instanceUid" | "onMessage">
>;

/** Connects and records. */
export async function connectClient(
  transport: Transport,
  options: ClientEndOptions = {},
): Promise<ClientEnd> {
  const messages: Uint8Array[] = [];
  const closed = Promise.withResolvers<OpAMPError | undefined>();
  let closeCalls = 0;
  const session = await transport.connect({
    signal: new AbortController().signal,
    instanceUid: () => "00000000-0000-7000-8000-000000000000",
    onMessage: (message) => messages.push(message),
    onClose: (error) => {
      closeCalls += 1;
      closed.resolve(error);
    },
    ...options,
  });
  return {
    session,
    messages,
    closed: closed.promise,
    get closeCalls() {
      return closeCalls;
    },
  };
}

/** A message of recognisable bytes; transports do not look inside. */
export function bytes(...values: number[]): Uint8Array {
  return Uint8Array.from(values);
}

/** What a promise that must not be fulfilled rejects with. */
export function failureOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => {
      throw new Error("it did not fail");
    },
    (error: unknown) => error,
  );
}
