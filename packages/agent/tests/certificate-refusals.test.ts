import { createInstanceUid } from "@opamp/protocol";
import { eventually } from "@opamp/test-kit";
import { describe, expect, it } from "vitest";
import { HOUR_MS, startCertificateAgent } from "./_util/certificate-agent.ts";
import { offerOf, refusal, startCertificateServer } from "./_util/certificate-server.ts";

describe("a certificate that is not obtained", () => {
  it.each(["wss", "https"] as const)(
    "is asked for again, after a wait, when the server refuses or does not answer, over %s [C-156]",
    async (scheme) => {
      await using server = await startCertificateServer({ scheme });
      const sign = server.answer;
      server.answer = async () => refusal("not today");
      await using running = await startCertificateAgent({
        ...server.settings,
        certificate: {
          answerTimeoutMs: HOUR_MS,
          retry: { delayMs: (attempt) => attempt * 60_000 },
        },
      });
      await eventually(() => expect(running.errors).not.toEqual([]));
      await running.clock.settle();
      expect(running.errors).toHaveLength(1);
      expect(running.errors[0]).toMatchObject({ code: "bad-request" });
      expect(running.errors[0]?.message).toContain("not today");
      server.answer = async () => ({});
      await running.pass(60_000);
      await eventually(() => expect(server.requests).toHaveLength(2));
      await eventually(() => expect(running.clock.nextTimerMs).toBe(HOUR_MS));
      server.answer = sign;
      await running.pass(HOUR_MS + 120_000);
      await eventually(() => expect(server.statuses.at(-1)).toBe("APPLIED"));
      // The same key each time: an answer that comes late still fits.
      expect(new Set(server.requests.map(({ publicKey }) => publicKey)).size).toBe(1);
    },
  );

  it("is refused when it is for another key, for another agent, or expired; the old one stays [C-119 C-152 C-157]", async () => {
    await using server = await startCertificateServer();
    const { authority } = server;
    const sign = server.answer;
    const foreign = await authority.issueClient("someone");
    const validity = { notBeforeMs: Date.now() - 2 * HOUR_MS, notAfterMs: Date.now() - HOUR_MS };
    const wrong = [
      async () => foreign.cert,
      (csr: string) => authority.signRequest(csr, { validity }),
      (csr: string) => authority.signRequest(csr, { commonName: createInstanceUid() }),
    ];
    server.answer = async ({ csr }) => offerOf({ cert: (await wrong.shift()?.(csr)) ?? "" });
    await using running = await startCertificateAgent({
      ...server.settings,
      certificate: { retry: { delayMs: () => HOUR_MS } },
    });
    const problem = (text: string): Promise<void> =>
      eventually(() => expect(server.statuses.at(-1)).toContain(text));
    await problem("FAILED certificate.private_key: is empty, and no key of this agent fits");
    await running.pass(HOUR_MS);
    await problem("certificate.cert: has expired");
    await running.pass(HOUR_MS);
    await problem("certificate.cert: is for the agent");
    expect(running.cert).toBeUndefined();
    expect(running.agent.client.status.state).toBe("online");
    server.answer = sign;
    await running.pass(HOUR_MS);
    await eventually(() => expect(server.statuses.at(-1)).toBe("APPLIED"));
  });

  it.each(["wss", "https"] as const)(
    "is given up for the former one when the server does not let the agent in with it, over %s [C-118 C-119 L-14]",
    async (scheme) => {
      await using server = await startCertificateServer({ scheme });
      await using stranger = await startCertificateServer();
      const sign = server.answer;
      server.answer = async ({ csr }) => {
        const cert = await stranger.authority.signRequest(csr);
        return offerOf({ cert }, server.guardedUrl);
      };
      await using running = await startCertificateAgent({
        ...server.settings,
        certificate: { retry: { delayMs: () => HOUR_MS } },
      });
      await eventually(() => expect(server.statuses.at(-1)).toMatch(/^FAILED /));
      expect(running.agent.client.connectionSettings).toMatchObject({ serverUrl: server.openUrl });
      expect(running.cert).toBeUndefined();
      expect(server.guests).toEqual([]);
      await running.clock.settle();
      expect(server.requests).toHaveLength(1);
      expect(running.errors.at(-1)).toMatchObject({ code: "tls-failed" });
      server.answer = sign;
      await running.pass(HOUR_MS);
      await eventually(() => expect(server.statuses.at(-1)).toBe("APPLIED"));
      expect(server.guests).toContain(running.agent.instanceUid);
    },
  );
});
