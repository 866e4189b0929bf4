import { X509Certificate } from "node:crypto";
import type { AgentToServer } from "@opamp/protocol";
import { createOpAMPServer } from "@opamp/server";
import { createFakeClock, eventually } from "@opamp/test-kit";
import { describe, expect, it } from "vitest";
import { HOUR_MS, startCertificateAgent } from "./_util/certificate-agent.ts";
import { offerOf, startCertificateServer } from "./_util/certificate-server.ts";

describe.each(["wss", "https"] as const)("a certificate over %s", (scheme) => {
  it("is asked for, proven where it is demanded, and reported [C-148 C-152 C-154]", async () => {
    await using server = await startCertificateServer({ scheme });
    await using running = await startCertificateAgent(server.settings);
    await eventually(() => expect(server.statuses).toEqual(["APPLYING", "APPLIED"]));
    expect(server.guests.at(-1)).toBe(running.agent.instanceUid);
    expect(server.requests).toHaveLength(1);
    expect(server.requests[0]?.clientName).toBeUndefined();
    expect(running.agent.client.connectionSettings.serverUrl).toBe(server.guardedUrl);
    expect(running.errors).toEqual([]);
    const said = [...server.heard, ...running.log];
    expect(said.filter((text) => text.includes("CERTIFICATE REQUEST"))).toHaveLength(1);
    expect(said.filter((text) => text.includes("PRIVATE KEY"))).toEqual([]);
  });

  it("may be a certificate alone, with which the agent comes back to the same server", async () => {
    await using server = await startCertificateServer({ scheme });
    server.answer = async ({ csr }) => offerOf({ cert: await server.authority.signRequest(csr) });
    await using running = await startCertificateAgent({
      ...server.settings,
      certificate: { keyType: "Ed25519" },
    });
    await eventually(() => expect(server.statuses.at(-1)).toBe("APPLIED"));
    expect(running.agent.client.connectionSettings.serverUrl).toBe(server.openUrl);
    expect(new X509Certificate(running.cert ?? "").publicKey.asymmetricKeyType).toBe("ed25519");
  });
});

describe("a certificate", () => {
  it("is renewed after two thirds of its validity, over the connection that has it [C-156]", async () => {
    await using server = await startCertificateServer();
    const clock = createFakeClock(Date.now());
    server.answer = async ({ csr }) => {
      const validity = { notBeforeMs: Date.now() - HOUR_MS, notAfterMs: clock.now() + 2 * HOUR_MS };
      const cert = await server.authority.signRequest(csr, { validity });
      return offerOf({ cert }, server.guardedUrl);
    };
    await using running = await startCertificateAgent({ ...server.settings, clock });
    await eventually(() => expect(server.statuses.at(-1)).toBe("APPLIED"));
    for (const renewals of [1, 2]) {
      const { cert = "" } = running;
      const { validFromDate, validToDate } = new X509Certificate(cert);
      const validityMs = validToDate.getTime() - validFromDate.getTime();
      const dueMs = validFromDate.getTime() + (validityMs * 2) / 3;
      await running.pass(dueMs - clock.now() - 60_000);
      expect(server.requests).toHaveLength(renewals);
      await running.pass(61_000);
      await eventually(() => expect(running.cert).not.toBe(cert));
      await eventually(() => expect(server.statuses).toHaveLength(2 * renewals + 2));
      expect(server.statuses.slice(-2)).toEqual(["APPLYING", "APPLIED"]);
    }
    const { instanceUid } = running.agent;
    expect(server.requests.map(({ clientName }) => clientName)).toEqual([
      undefined,
      instanceUid,
      instanceUid,
    ]);
    expect(new Set(server.requests.map(({ csr }) => csr)).size).toBe(3);
    expect(running.errors).toEqual([]);
  });

  it("is not asked for in clear text [C-151]", async () => {
    await using server = createOpAMPServer({
      capabilities: ["AcceptsConnectionSettingsRequest"],
      callbacks: {
        onMessage: (_connection, message) => void messages.push(message),
      },
    });
    const messages: AgentToServer[] = [];
    const { port } = await server.listen({ port: 0, host: "127.0.0.1" });
    await using running = await startCertificateAgent({ serverUrl: `ws://127.0.0.1:${port}` });
    await eventually(() => expect(running.agent.client.status.serverCapabilities).toBeDefined());
    await running.clock.settle();
    expect(messages.filter((message) => message.connectionSettingsRequest)).toEqual([]);
    expect(running.errors.map(({ message }) => message)).toEqual([expect.stringContaining("TLS")]);
  });

  it("is not asked for of a server that is not verified [C-151]", async () => {
    await using server = await startCertificateServer();
    const tls = { insecureSkipVerify: true };
    await using running = await startCertificateAgent({ ...server.settings, tls });
    await eventually(() => expect(running.agent.client.status.serverCapabilities).toBeDefined());
    await running.clock.settle();
    expect(server.requests).toEqual([]);
    expect(running.errors).toMatchObject([{ code: "invalid-state" }]);
  });

  it("is not asked for of a server that takes no requests [C-154 L-24]", async () => {
    await using server = await startCertificateServer({ capabilities: [] });
    await using running = await startCertificateAgent(server.settings);
    await eventually(() => expect(running.agent.client.status.serverCapabilities).toBeDefined());
    await running.clock.settle();
    expect(server.requests).toEqual([]);
    expect(running.errors).toEqual([]);
  });
});
