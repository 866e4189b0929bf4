import type { KeyObject } from "node:crypto";
import type {
  AgentToServer,
  InstanceUid,
  Logger,
  OpAMPConnectionSettingsInit,
  ServerToAgentInit,
} from "@opamp/protocol";
import type { Connection } from "../connection.ts";
import type { ConnectionSettingsOffer } from "../tracker/desired.ts";
import type { CertificateAuthority, IssuedCertificate } from "./certificate-authority.ts";

/** A request of an agent that has proven to have the private key. */
export interface CertificateRequest {
  readonly instanceUid: InstanceUid;
  /** In PEM form. */
  readonly csr: string;
  readonly publicKey: KeyObject;
  /** Where it came: what the agent has connected with. */
  readonly connection: Connection;
}

/** What becomes of a request; `pending` waits for `approve` or `refuse`. */
export type Approval = "approved" | "pending" | { readonly refused: string };

/** A certificate on its way to its agent. */
export interface CertificateGrant {
  readonly issued: IssuedCertificate;
  /** What the agent is offered, with the certificate in it. */
  readonly offer: ConnectionSettingsOffer;
}

export interface CertificateIssuerSettings {
  readonly authority: Pick<CertificateAuthority, "certificate" | "issue" | "verify">;
  /** Whether an agent gets a certificate (S-86, S-96). Asked for each request, also a repeated one. */
  readonly approve: (request: CertificateRequest) => Approval | Promise<Approval>;
  /**
   * The settings that come with the certificate (S-98): the whole of them, for an agent replaces all
   * that it has. `destinationEndpoint` is needed.
   */
  readonly settings: (
    request: CertificateRequest,
  ) => OpAMPConnectionSettingsInit | Promise<OpAMPConnectionSettingsInit>;
  /** Stores a certificate before it is offered (S-76). When it throws, the request is refused. */
  readonly onIssued?: (grant: CertificateGrant) => void | Promise<void>;
  /** How many requests may wait; for one more, the oldest is forgotten, and the agent asks again. @default 10000 */
  readonly maxWaiting?: number;
  readonly logger?: Logger;
}

/** Answers the certificate requests of agents. */
export interface CertificateIssuer {
  /**
   * What to answer to a message, to be returned from the server's `onMessage`; undefined when it is
   * no request, and nothing is due. What cannot be granted is answered with BAD_REQUEST (S-99).
   */
  onMessage(
    connection: Connection,
    message: AgentToServer,
  ): Promise<ServerToAgentInit> | ServerToAgentInit | undefined;
  /** The requests that wait for a decision, the oldest first. */
  waiting(): readonly CertificateRequest[];
  /**
   * Grants a request that waits. Over WebSocket the agent gets its certificate at once, else in the
   * answer to its next message. Rejects when it could not be made; the request waits on, then.
   */
  approve(instanceUid: InstanceUid): Promise<DecisionOutcome>;
  /** Refuses a request that waits, with a text for whoever runs the agent. */
  refuse(instanceUid: InstanceUid, why: string): Promise<DecisionOutcome>;
}

/** What became of a decision. */
export type DecisionOutcome =
  | "sent"
  /** The agent gets it in the answer to its next message. */
  | "due"
  /** No request of this agent waits. */
  | "unknown-agent";
