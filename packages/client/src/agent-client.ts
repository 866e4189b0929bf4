import {
  type AgentCapability,
  type AgentToServerFlag,
  type AvailableComponentsInit,
  bitsFromAgentToServerFlags,
  type ComponentHealthInit,
  type ConnectionSettingsRequestInit,
  type ConnectionSettingsStatusInit,
  type CustomMessageInit,
  encodeAgentToServer,
  type InstanceUid,
  OpAMPError,
  type PackageStatusesInit,
  type RemoteConfigStatusInit,
  type StatusPart,
  type StatusPartInit,
} from "@opamp/protocol";
import { assertCustomCapabilities, copyBytes } from "@opamp/protocol/internal";
import type { OpAMPClient } from "./client.ts";
import type {
  ConnectionSettings,
  SwitchOutcome,
  WholeConnectionSettings,
} from "./connection-settings.ts";
import { Engine } from "./engine.ts";
import type { CreateLink } from "./link.ts";
import { capabilityForPart } from "./part-rules.ts";
import {
  capabilityBits,
  descriptionFromSettings,
  type ResolvedSettings,
  settingsFromDescription,
} from "./resolve-settings.ts";
import type { AgentDescriptionSettings, StartSettings } from "./settings.ts";
import type { ClientStatus } from "./status.ts";

/** The face of a client: checks what it is given and hands it to the engine. */
export class AgentClient implements OpAMPClient {
  readonly #engine: Engine;
  readonly #maxSendBytes: number;

  constructor(settings: StartSettings, resolved: ResolvedSettings, createLink: CreateLink) {
    this.#maxSendBytes = resolved.limits.maxSendBytes;
    this.#engine = new Engine(settings, resolved, createLink);
  }

  get instanceUid(): InstanceUid {
    return this.#engine.instanceUid;
  }

  get status(): ClientStatus {
    return this.#engine.status;
  }

  get connectionSettings(): WholeConnectionSettings {
    return this.#engine.connectionSettings;
  }

  get agentDescription(): AgentDescriptionSettings {
    return settingsFromDescription(this.#engine.conversation.get("agentDescription"));
  }

  statusChanges(
    options: { readonly signal?: AbortSignal } = {},
  ): AsyncIterableIterator<ClientStatus> {
    return this.#engine.statusChanges(options.signal);
  }

  start(): Promise<void> {
    return this.#engine.start();
  }

  stop(): Promise<void> {
    return this.#engine.stop();
  }

  switchConnection(
    settings: ConnectionSettings,
    options: { readonly signal?: AbortSignal } = {},
  ): Promise<SwitchOutcome> {
    return this.#engine.switchConnection(settings, options.signal);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  setAgentDescription(description: AgentDescriptionSettings): void {
    this.#set("setAgentDescription", "agentDescription", descriptionFromSettings(description));
  }

  setCapabilities(capabilities: readonly AgentCapability[]): void {
    this.#engine.setCapabilityBits(capabilityBits(capabilities));
  }

  setHealth(health: ComponentHealthInit): void {
    this.#set("setHealth", "health", health);
  }

  updateEffectiveConfig(): void {
    this.#checkCapability("updateEffectiveConfig", "effectiveConfig");
    this.#engine.conversation.readEffectiveConfig();
  }

  setRemoteConfigStatus(status: RemoteConfigStatusInit): void {
    this.#set("setRemoteConfigStatus", "remoteConfigStatus", status);
  }

  setConnectionSettingsStatus(status: ConnectionSettingsStatusInit): void {
    checkHash("setConnectionSettingsStatus", status?.lastConnectionSettingsHash);
    this.#set("setConnectionSettingsStatus", "connectionSettingsStatus", status);
  }

  setPackageStatuses(statuses: PackageStatusesInit): void {
    this.#set("setPackageStatuses", "packageStatuses", statuses);
  }

  setCustomCapabilities(capabilities: readonly string[]): void {
    assertCustomCapabilities("setCustomCapabilities", capabilities);
    this.#set("setCustomCapabilities", "customCapabilities", { capabilities });
  }

  setAvailableComponents(components: AvailableComponentsInit): void {
    checkHash("setAvailableComponents", components?.hash);
    this.#set("setAvailableComponents", "availableComponents", components);
  }

  setFlags(flags: readonly AgentToServerFlag[]): void {
    this.#engine.setFlagBits(bitsFromAgentToServerFlags(flags));
  }

  async sendCustomMessage(
    message: CustomMessageInit,
    options: { readonly signal?: AbortSignal } = {},
  ): Promise<void> {
    const capability = message?.capability ?? "";
    if (!this.#engine.conversation.announces(capability)) {
      throw new OpAMPError(
        "capability-not-declared",
        `sendCustomMessage needs the custom capability ${JSON.stringify(capability)}; declare it in settings.customCapabilities or with setCustomCapabilities()`,
      );
    }
    const bytes = this.#checkSize("the custom message", { customMessage: message });
    const copy = { ...message, data: message.data && copyBytes(message.data) };
    await this.#engine.conversation.customMessages.add(copy, bytes, options.signal);
  }

  async requestConnectionSettings(
    request: ConnectionSettingsRequestInit,
    options: { readonly signal?: AbortSignal } = {},
  ): Promise<void> {
    const bytes = this.#checkSize("the request", { connectionSettingsRequest: request });
    await this.#engine.conversation.settingsRequests.add(
      copyRequest(request),
      bytes,
      options.signal,
    );
  }

  #set<P extends StatusPart>(method: string, part: P, init: StatusPartInit<P>): void {
    this.#checkCapability(method, part);
    this.#engine.conversation.set(part, init);
  }

  #checkCapability(method: string, part: StatusPart): void {
    const capability = capabilityForPart(part);
    if (capability === undefined || this.#engine.conversation.declares(capability)) return;
    throw new OpAMPError(
      "capability-not-declared",
      `${method} needs the capability ${capability}; declare it in settings.capabilities or with setCapabilities()`,
    );
  }

  #checkSize(what: string, content: Parameters<typeof encodeAgentToServer>[0]): number {
    const bytes = encodeAgentToServer(content).length;
    if (bytes <= this.#maxSendBytes) return bytes;
    throw new OpAMPError(
      "message-too-large",
      `${what} has ${bytes} bytes; limits.maxSendBytes is ${this.#maxSendBytes}`,
    );
  }
}

function checkHash(method: string, hash: Uint8Array | undefined): void {
  if (hash !== undefined && hash.length > 0) return;
  throw new OpAMPError("invalid-argument", `${method} needs a hash that is not empty`);
}

function copyRequest({ opamp }: ConnectionSettingsRequestInit): ConnectionSettingsRequestInit {
  const certificateRequest = opamp?.certificateRequest;
  const csr = certificateRequest?.csr;
  return {
    opamp: opamp && {
      certificateRequest: certificateRequest && { csr: csr && copyBytes(csr) },
    },
  };
}
