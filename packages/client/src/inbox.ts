import {
  type AgentIdentification,
  CommandType,
  type CustomMessage,
  decodeServerToAgent,
  describeThrown,
  type InstanceUid,
  OpAMPError,
  type PackagesAvailable,
  type ServerErrorResponse,
  type ServerToAgent,
  type ServerToAgentCommand,
  ServerToAgentFlags,
} from "@opamp/protocol";
import type { CallbackGuard } from "./callback-guard.ts";
import type { MessageData } from "./callbacks.ts";
import type { ConnectionSettingsOffered } from "./connection-settings-offered.ts";
import type { Identity } from "./identity.ts";
import type { OfferGate } from "./offer-gate.ts";
import type { PackageSyncs } from "./packages/package-syncs.ts";
import { errorFromServer } from "./server-error.ts";
import type { ServerKnowledge } from "./server-knowledge.ts";

export interface InboxParts {
  readonly identity: Identity;
  readonly server: ServerKnowledge;
  readonly guard: CallbackGuard;
  readonly offers: OfferGate;
  readonly connectionSettings: () => ConnectionSettingsOffered;
  /** Undefined when the agent keeps no packages, or by itself. */
  readonly packages: PackageSyncs | undefined;
  readonly events: InboxEvents;
}

/** What a message of the server means for the rest of the client. */
export interface InboxEvents {
  onDecoded(message: ServerToAgent, bytes: number): void;
  /** The message cannot be understood: the exchange has failed (L-03). */
  onMalformed(error: OpAMPError): void;
  /** The oldest message without an answer has arrived. */
  onAnswered(): void;
  /** The server could not process a message. */
  onServerError(error: OpAMPError): void;
  /** The server has spoken; `changed` says whether its capabilities or flags differ from before. */
  onLearned(changed: boolean): void;
  /** The server assigned another uid. Throws when the agent cannot take it. */
  claimUid(uid: InstanceUid): void;
  /** The uid in use was confirmed, or replaced by a new one. */
  onUidAssigned(isNew: boolean): void;
  onFullStateRequested(): void;
  onComponentsRequested(): void;
}

/**
 * Takes one message of the server apart, in the order that the protocol demands: an error or a
 * command stands alone, then who the agent is, then what is offered (C-47).
 */
export class Inbox {
  readonly #parts: InboxParts;

  constructor(parts: InboxParts) {
    this.#parts = parts;
  }

  receive(bytes: Uint8Array): void {
    const { events, server } = this.#parts;
    const message = this.#decode(bytes);
    if (message === undefined) return;
    events.onDecoded(message, bytes.length);
    if (message.errorResponse !== undefined) return this.#error(message.errorResponse);
    if (!this.#isForUs(message)) return;
    events.onAnswered();
    const learned = server.learn(message);
    events.onLearned(learned.status);
    if (message.command !== undefined) return this.#command(message.command);
    const { agentIdentification, customCapabilities } = message;
    const adopted = this.#adopt(agentIdentification);
    this.#answerFlags(message.flags);
    this.#deliver(message, {
      ...adopted,
      ...(learned.customCapabilities && customCapabilities && { customCapabilities }),
    });
  }

  #decode(bytes: Uint8Array): ServerToAgent | undefined {
    try {
      return decodeServerToAgent(bytes);
    } catch (thrown) {
      const error = OpAMPError.from(thrown, "malformed-message", "the server's message");
      this.#parts.events.onMalformed(error);
      return undefined;
    }
  }

  /** An unknown type of error is like Unknown (C-219); nothing beside an error counts (C-216). */
  #error(response: ServerErrorResponse): void {
    const { events, guard } = this.#parts;
    guard.notify("onServerError", (callbacks) => callbacks.onServerError?.(response));
    events.onServerError(errorFromServer(response));
  }

  #isForUs({ instanceUid }: ServerToAgent): boolean {
    const { identity, guard, events } = this.#parts;
    if (identity.isAddressedBy(instanceUid)) return true;
    if (instanceUid.length === 16) {
      guard.report(malformed("the server's message is for another agent; ignored"));
    } else {
      events.onMalformed(
        malformed(
          `the server's message has an instance_uid of ${instanceUid.length} bytes, not 16`,
        ),
      );
    }
    return false;
  }

  #command(command: ServerToAgentCommand): void {
    const { guard, offers } = this.#parts;
    if (command.type !== CommandType.Restart || !offers.declares("AcceptsRestartCommand")) return;
    guard.notify("onCommand", (callbacks, context) => callbacks.onCommand?.(command, context));
  }

  /** Takes the uid that the server assigned; one of no use is ignored (C-38, C-39). */
  #adopt(assigned: AgentIdentification | undefined): Pick<MessageData, "agentIdentification"> {
    if (assigned === undefined) return {};
    const { identity, events, guard } = this.#parts;
    try {
      const isNew = identity.adopt(assigned.newInstanceUid, (uid) => events.claimUid(uid));
      events.onUidAssigned(isNew);
      return isNew ? { agentIdentification: assigned } : {};
    } catch (thrown) {
      guard.report(malformed(`new_instance_uid ignored: ${describeThrown(thrown)}`));
      return {};
    }
  }

  #answerFlags(flags: bigint): void {
    const { events, offers } = this.#parts;
    if ((flags & ServerToAgentFlags.ReportFullState) !== 0n) events.onFullStateRequested();
    if ((flags & ServerToAgentFlags.ReportAvailableComponents) === 0n) return;
    if (offers.declares("ReportsAvailableComponents")) events.onComponentsRequested();
  }

  #deliver(message: ServerToAgent, news: MessageData): void {
    const { guard, offers, connectionSettings } = this.#parts;
    if (message.connectionSettings) connectionSettings().offer(message.connectionSettings);
    const remoteConfig = offers.remoteConfig(message.remoteConfig);
    const data: MessageData = {
      ...(remoteConfig && { remoteConfig: remoteConfig.offer }),
      ...this.#packages(message.packagesAvailable),
      ...news,
      ...this.#customMessage(message.customMessage),
    };
    if (Object.keys(data).length === 0) return;
    guard.notify(
      "onMessage",
      (callbacks, context) => callbacks.onMessage?.(data, context),
      () => remoteConfig?.forget(),
    );
  }

  #packages(
    offer: PackagesAvailable | undefined,
  ): Pick<MessageData, "packagesAvailable" | "packageSyncer"> {
    const { offers, packages } = this.#parts;
    const { packagesAvailable } = offers.packages(offer);
    if (packagesAvailable === undefined) return {};
    const packageSyncer = packages?.syncerFor(packagesAvailable);
    return { packagesAvailable, ...(packageSyncer && { packageSyncer }) };
  }

  /** A message of a capability that was not announced is nobody's (W-56, W-58). */
  #customMessage(customMessage: CustomMessage | undefined): Pick<MessageData, "customMessage"> {
    if (customMessage === undefined) return {};
    return this.#parts.offers.announces(customMessage.capability) ? { customMessage } : {};
  }
}

function malformed(message: string): OpAMPError {
  return new OpAMPError("malformed-message", message);
}
