import { createCertificateAuthority } from "@opamp/test-kit";
import { expect } from "vitest";
import { startPair } from "../pair.ts";
import type { Scenario } from "../scenario.ts";
import { isDescribed } from "./status.ts";

export const tlsScenarios: readonly Scenario[] = [
  {
    title: "a client that trusts a private authority reports over TLS",
    needs: ["tls"],
    async run(match) {
      const authority = await createCertificateAuthority();
      const tls = await authority.issueServer();
      await using pair = await startPair(match, { ca: authority.cert, server: { tls } });

      const { instanceUid } = await pair.serverGot("the description", isDescribed);

      expect(instanceUid).toBe(pair.instanceUidJson);
    },
  },
  {
    title: "a client refuses a server whose certificate another authority has issued",
    needs: ["tls"],
    async run(match) {
      const [authority, other] = [
        await createCertificateAuthority(),
        await createCertificateAuthority(),
      ];
      const tls = await authority.issueServer();
      await using pair = await startPair(match, { ca: other.cert, server: { tls } });

      const error = await pair.client.events.find("failure to connect", (event) =>
        event.event === "connectFailed" ? event.error : undefined,
      );

      expect(error).not.toBe("");
      expect(pair.server.events.events.map(({ event }) => event)).toEqual(["listening"]);
    },
  },
];
