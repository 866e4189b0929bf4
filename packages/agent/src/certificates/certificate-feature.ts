import type { OpAMPClient, TlsOptions } from "@opamp/client";
import { OpAMPError, ServerErrorResponseType } from "@opamp/protocol";
import type { Feature, FeatureContext } from "../feature.ts";
import { isExpired, readCertificate } from "./certificate-facts.ts";
import { CertificateOrder } from "./certificate-order.ts";
import { otherAgentOf } from "./certificate-owner.ts";
import { type CertificateSettings, resolveCertificateSettings } from "./certificate-settings.ts";
import { OwnKeys } from "./own-keys.ts";
import { reasonNotToAsk } from "./reason-not-to-ask.ts";

/**
 * A client certificate of the agent's own (C-152). The offer that brings it is taken, proven and
 * stored like any other; this feature asks for it, and has the key.
 */
export function createCertificateFeature(
  settings: CertificateSettings,
  { cert, key }: TlsOptions = {},
  { files, client, clock, random, report, ownConnection }: FeatureContext,
): Feature {
  const keys = new OwnKeys(files);
  const order = new CertificateOrder({
    client,
    keys,
    settings: resolveCertificateSettings(settings),
    bootstrap: { ...(cert !== undefined && { cert }), ...(key !== undefined && { key }) },
    clock,
    random,
    report,
  });
  ownConnection.onConcluded((offer) => {
    if (offer.state === "failed") order.offerFailed(offer.errorMessage);
    else order.look();
  });
  const stopping = new AbortController();
  return {
    callbacks: {
      getPrivateKey(pem) {
        const own = keyForCertificate(pem, { keys, client: client(), nowMs: clock.now() });
        if (own !== undefined) order.answered();
        return own;
      },
    },
    onMessage({ agentIdentification }) {
      if (agentIdentification !== undefined) order.look();
    },
    onServerError({ type, errorMessage }) {
      if (type !== ServerErrorResponseType.BadRequest) return;
      order.refused(JSON.stringify(errorMessage.slice(0, MAX_CHARACTERS)));
    },
    start() {
      const problem = reasonNotToAsk(client().connectionSettings);
      if (problem !== undefined) report(new OpAMPError("invalid-state", problem));
      follow(client(), order, stopping.signal).catch((thrown: unknown) => {
        report(OpAMPError.from(thrown, "invalid-state", "the certificate"));
      });
    },
    async stop() {
      stopping.abort();
      order.stop();
    },
  };
}

const MAX_CHARACTERS = 500;

async function follow(
  client: OpAMPClient,
  order: CertificateOrder,
  signal: AbortSignal,
): Promise<void> {
  order.look();
  for await (const _change of client.statusChanges({ signal })) order.look();
}

interface KeyLookup {
  readonly keys: OwnKeys;
  readonly client: Pick<OpAMPClient, "instanceUid">;
  readonly nowMs: number;
}

/** The key of an offered certificate. Throws for one that is of no use to this agent. */
function keyForCertificate(pem: string, { keys, client, nowMs }: KeyLookup): string | undefined {
  const certificate = readCertificate(pem);
  const own = keys.find(certificate?.publicKey);
  if (certificate === undefined || own === undefined) return undefined;
  const { instanceUid } = client;
  const other = otherAgentOf(certificate, { own, instanceUid });
  if (other !== undefined) {
    const problem = `is for the agent ${other}, not for ${instanceUid}`;
    throw new OpAMPError("invalid-argument", `certificate.cert: ${problem}`);
  }
  if (isExpired(certificate, nowMs)) {
    throw new OpAMPError("invalid-argument", "certificate.cert: has expired");
  }
  return own.privateKey;
}
