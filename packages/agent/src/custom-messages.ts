import type { CallbackContext } from "@opamp/client";
import { type CustomMessage, OpAMPError } from "@opamp/protocol";
import type { Feature, FeatureContext } from "./feature.ts";

/** A message of a custom capability. */
export interface CustomMessageContent {
  /** Unique within the capability only (W-59). */
  readonly type: string;
  readonly data: Uint8Array;
}

/** Takes a message of the server; what is returned is sent back, in the same capability. */
export type CustomMessageHandler = (
  message: CustomMessageContent,
  context: CallbackContext,
) => void | CustomMessageContent | Promise<void | CustomMessageContent>;

/** By custom capability: reverse domain name, short name, optionally a version (W-55). */
export interface CustomMessageHandlers {
  readonly [capability: string]: CustomMessageHandler;
}

/** Announces the capabilities that have a handler, and brings each message to its own (W-57, W-58). */
export function createCustomMessagesFeature(
  handlers: CustomMessageHandlers,
  { client, report }: FeatureContext,
): Feature {
  const stopping = new AbortController();
  const handle = async ({ capability, type, data }: CustomMessage): Promise<void> => {
    const handler = Object.hasOwn(handlers, capability) ? handlers[capability] : undefined;
    const answer = await handler?.({ type, data }, { signal: stopping.signal });
    if (answer === undefined || stopping.signal.aborted) return;
    await client().sendCustomMessage({ capability, ...answer }, { signal: stopping.signal });
  };
  return {
    startSettings: { customCapabilities: Object.keys(handlers) },
    onMessage({ customMessage }) {
      if (customMessage === undefined) return;
      const what = `the handler of ${customMessage.capability}`;
      handle(customMessage).catch((thrown: unknown) => {
        report(OpAMPError.from(thrown, "callback-failed", what));
      });
    },
    stop: async () => stopping.abort(),
  };
}
