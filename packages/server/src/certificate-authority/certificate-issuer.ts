import {
  type AgentToServer,
  bytesFromInstanceUid,
  describeThrown,
  type InstanceUid,
  instanceUidFromBytes,
  type Logger,
  ServerErrorResponseType,
  type ServerToAgentInit,
} from "@opamp/protocol";
import { assertKnownMembers, assertNumberSetting, guardLogger } from "@opamp/protocol/internal";
import { errorAnswer } from "../answer.ts";
import type { Connection } from "../connection.ts";
import { createConnectionSettingsOffer } from "../tracker/connection-settings-offer.ts";
import type {
  CertificateIssuer,
  CertificateIssuerSettings,
  CertificateRequest,
  DecisionOutcome,
} from "./issuer-settings.ts";
import { WaitingRequests } from "./waiting-requests.ts";

const known: Readonly<Record<keyof CertificateIssuerSettings, true>> = {
  authority: true,
  approve: true,
  settings: true,
  onIssued: true,
  maxWaiting: true,
  logger: true,
};

/** Makes an issuer. Throws `invalid-argument` for a setting that makes no sense. */
export function createCertificateIssuer(settings: CertificateIssuerSettings): CertificateIssuer {
  assertKnownMembers("createCertificateIssuer", settings, known);
  const { maxWaiting = 10_000 } = settings;
  assertNumberSetting("createCertificateIssuer.maxWaiting", maxWaiting, 1);
  return new Issuer(settings, new WaitingRequests(maxWaiting));
}

class Issuer implements CertificateIssuer {
  readonly #settings: CertificateIssuerSettings;
  readonly #waiting: WaitingRequests;
  readonly #logger: Logger;

  constructor(settings: CertificateIssuerSettings, waiting: WaitingRequests) {
    this.#settings = settings;
    this.#waiting = waiting;
    this.#logger = guardLogger(settings.logger);
  }

  onMessage(
    connection: Connection,
    { instanceUid, connectionSettingsRequest }: AgentToServer,
  ): Promise<ServerToAgentInit> | ServerToAgentInit | undefined {
    const asked = connectionSettingsRequest?.opamp;
    // A request for nothing is not one (S-93).
    if (asked === undefined && this.#waiting.isEmpty) return undefined;
    const uid = instanceUidFromBytes(instanceUid);
    if (asked === undefined) {
      this.#waiting.moved(uid, connection);
      return this.#waiting.takeAnswer(uid);
    }
    const csr = asked.certificateRequest?.csr ?? new Uint8Array();
    if (csr.length === 0) return badRequest("there is no certificate request in it");
    return this.#answer({ instanceUid: uid, csr: Buffer.from(csr).toString("latin1"), connection });
  }

  waiting(): readonly CertificateRequest[] {
    return this.#waiting.requests();
  }

  async approve(instanceUid: InstanceUid): Promise<DecisionOutcome> {
    const request = this.#waiting.takeRequest(instanceUid);
    if (request === undefined) return "unknown-agent";
    try {
      return await this.#tell(request, await this.#grant(request));
    } catch (thrown) {
      this.#waiting.putBack(request);
      throw thrown;
    }
  }

  async refuse(instanceUid: InstanceUid, why: string): Promise<DecisionOutcome> {
    const request = this.#waiting.takeRequest(instanceUid);
    if (request === undefined) return "unknown-agent";
    return this.#tell(request, badRequest(why));
  }

  /** What cannot be granted, for whatever reason, is a bad request (S-99). */
  async #answer(application: Omit<CertificateRequest, "publicKey">): Promise<ServerToAgentInit> {
    const { instanceUid } = application;
    this.#waiting.forget(instanceUid);
    let request: CertificateRequest | undefined;
    try {
      const { publicKey } = this.#settings.authority.verify(application);
      request = { ...application, publicKey };
      return await this.#decide(request);
    } catch (thrown) {
      const why = describeThrown(thrown);
      this.#logger.warn(`agent ${instanceUid} gets no certificate: ${why}`);
      // What happens behind a good request is no affair of the agent.
      return badRequest(request === undefined ? why : "the certificate could not be made");
    }
  }

  async #decide(request: CertificateRequest): Promise<ServerToAgentInit> {
    const approval = await this.#settings.approve(request);
    if (approval === "approved") return this.#grant(request);
    if (approval !== "pending") return badRequest(approval.refused);
    this.#waiting.add(request);
    return {};
  }

  /** Made and stored before it is offered (S-76, S-95, S-97). */
  async #grant(request: CertificateRequest): Promise<ServerToAgentInit> {
    const { authority, settings, onIssued } = this.#settings;
    const opamp = await settings(request);
    const issued = await authority.issue(request);
    const certificate = {
      cert: Buffer.from(issued.certificate),
      caCert: Buffer.from(authority.certificate),
    };
    const offer = createConnectionSettingsOffer({ opamp: { ...opamp, certificate } });
    await onIssued?.({ issued, offer });
    return { connectionSettings: offer };
  }

  async #tell(
    { instanceUid, connection }: CertificateRequest,
    message: ServerToAgentInit,
  ): Promise<DecisionOutcome> {
    try {
      await connection.send({ instanceUid: bytesFromInstanceUid(instanceUid), ...message });
      return "sent";
    } catch (thrown) {
      this.#logger.debug(`agent ${instanceUid} is told later: ${describeThrown(thrown)}`);
      this.#waiting.addAnswer(instanceUid, message);
      return "due";
    }
  }
}

function badRequest(why: string): ServerToAgentInit {
  return errorAnswer(ServerErrorResponseType.BadRequest, why);
}
