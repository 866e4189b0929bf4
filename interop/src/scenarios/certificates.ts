import type { CertificateSettings } from "@opamp/agent";
import { ConnectionSettingsStatuses } from "@opamp/protocol";
import { createCertificateAuthority } from "@opamp/test-kit";
import { expect } from "vitest";
import { type Match, type Pair, startPair } from "../pair.ts";
import type { Scenario } from "../scenario.ts";
import type { ServerEvent } from "../server-peer.ts";

/** The only name that opamp-go's example server signs. */
const commonName = "OpAMP Example Client";

export const certificateScenarios: readonly Scenario[] = [
  scenarioOf("P-256"),
  scenarioOf("Ed25519"),
  {
    title: "an agent whose certificate request is refused stays as it is",
    needs: ["tls", "certificate"],
    async run(match) {
      await using pair = await startSigningPair(match, {});

      await pair.serverGot("the request", (message) => "connectionSettingsRequest" in message);

      const after = pair.server.events.events.length;
      await pair.server.restart();
      const { connectionSettingsStatus } = await pair.serverGot("anything", () => true, { after });
      expect(connectionSettingsStatus).toBeUndefined();
      expect(clientNames(pair)).toEqual([undefined]);
    },
  },
];

function scenarioOf(keyType: "P-256" | "Ed25519"): Scenario {
  return {
    title: `an agent gets a certificate for a ${keyType} key, proves it, and comes back with it`,
    needs: ["tls", "certificate"],
    async run(match) {
      await using pair = await startSigningPair(match, { keyType, subject: { commonName } });

      const { connectionSettingsStatus } = await pair.serverGot(
        "the end of the offer",
        ({ connectionSettingsStatus: said }) =>
          said !== undefined && said.status !== ConnectionSettingsStatuses.APPLYING,
      );

      expect(connectionSettingsStatus?.status).toBe(ConnectionSettingsStatuses.APPLIED);
      expect(clientNames(pair)).toEqual([undefined, commonName]);
      const after = pair.server.events.events.length;
      await pair.server.restart();
      await pair.serverGot("anything", () => true, { after });
      expect(clientNames(pair, after)).toEqual([commonName]);
    },
  };
}

async function startSigningPair(match: Match, certificate: CertificateSettings): Promise<Pair> {
  const authority = await createCertificateAuthority();
  const tls = await authority.issueServer();
  const ca = authority.cert;
  return startPair(match, { ca, certificate, server: { tls, signsRequests: true } });
}

/** The names in the client certificates of the connections, without repetitions; undefined for none. */
function clientNames({ server }: Pair, after = 0): readonly (string | undefined)[] {
  const names = server.events.events
    .slice(after)
    .filter(isConnected)
    .map((event) => event.clientName);
  return [...new Set(names)];
}

function isConnected(event: ServerEvent): event is Extract<ServerEvent, { event: "connected" }> {
  return event.event === "connected";
}
