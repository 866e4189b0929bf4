import type { CallbackContext, ConnectionSettingsPolicy } from "@opamp/client";
import type { OtherConnectionSettings } from "@opamp/protocol";
import type { CertificateSettings } from "../certificates/certificate-settings.ts";

/** How connection settings of the server are dealt with. */
export interface ConnectionSettingsOptions {
  /** What this end consents to. @default nothing that weakens a connection */
  readonly policy?: ConnectionSettingsPolicy;
  /** Gets a client certificate of the agent's own from the server, and renews it. Off by default. */
  readonly certificate?: CertificateSettings;
  /** Takes settings of connections that are neither OpAMP's nor own telemetry's. */
  readonly otherConnections?: OtherConnectionsSettings;
}

/** The settings of other connections by name, each as a whole (C-140, C-141). */
export interface OtherConnections {
  readonly [name: string]: OtherConnectionSettings;
}

export interface OtherConnectionsSettings {
  /**
   * Puts the settings in force; called at the start with what earlier runs accepted, and again when
   * something has changed. When it throws or rejects, the message is what the server is told.
   */
  readonly apply: (connections: OtherConnections, context: CallbackContext) => void | Promise<void>;
  /** How long one `apply` may take before the offer counts as failed. @default 60000 */
  readonly timeoutMs?: number;
}
