import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { bytesFromInstanceUid, createInstanceUid } from "@opamp/protocol";
import { createFakeClock, eventually } from "@opamp/test-kit";
import { describe, expect, it } from "vitest";
import { HOUR_MS, startCertificateAgent } from "./_util/certificate-agent.ts";
import {
  type CertificateServer,
  offerOf,
  startCertificateServer,
} from "./_util/certificate-server.ts";

const applied = (server: CertificateServer): Promise<void> =>
  eventually(() => expect(server.statuses.at(-1)).toBe("APPLIED"));

/** The private keys on disk, each once. */
const keysIn = (directory: string): ReadonlySet<string> =>
  new Set(
    readdirSync(directory)
      .filter((name) => name.endsWith(".json"))
      .flatMap((name) => {
        const text = readFileSync(join(directory, name), "utf8");
        return text.match(/-----BEGIN PRIVATE KEY-----[^-]+/g) ?? [];
      }),
  );

/** For an agent that has a certificate already, which others have too. */
async function bootstrapped({ authority, guardedUrl }: CertificateServer) {
  const { cert, key } = await authority.issueClient("bootstrap");
  return { serverUrl: guardedUrl, tls: { ca: authority.cert, cert, key } };
}

describe("a certificate over restarts", () => {
  it("is used again, without being asked for, and only its owner may read its key [C-116 C-123 C-149]", async () => {
    await using server = await startCertificateServer();
    const first = await startCertificateAgent(server.settings);
    await applied(server);
    await eventually(() => expect(first.agent.client.status.state).toBe("online"));
    const { cert, stateDirectory } = first;
    await first.agent.stop();
    await using second = await startCertificateAgent({ ...server.settings, stateDirectory });
    await eventually(() => expect(second.agent.client.status.serverCapabilities).toBeDefined());
    await second.clock.settle();
    expect(second.cert).toBe(cert);
    expect(server.guests).toEqual([second.agent.instanceUid, second.agent.instanceUid]);
    expect(server.requests).toHaveLength(1);
    expect(keysIn(stateDirectory).size).toBe(1);
    for (const name of readdirSync(stateDirectory)) {
      expect([name, (statSync(join(stateDirectory, name)).mode & 0o777).toString(8)]).toEqual([
        name,
        "600",
      ]);
    }
  });

  it("is taken when the process ended between the request and the answer [C-152]", async () => {
    await using server = await startCertificateServer();
    const sign = server.answer;
    server.answer = async () => ({});
    const first = await startCertificateAgent(server.settings);
    await eventually(() => expect(server.requests).toHaveLength(1));
    const [asked] = server.requests;
    const { stateDirectory } = first;
    await first.agent.stop();
    await using second = await startCertificateAgent({ ...server.settings, stateDirectory });
    await eventually(() => expect(server.requests).toHaveLength(2));
    expect(server.requests[1]?.publicKey).toBe(asked?.publicKey);
    if (asked !== undefined) await server.push(await sign(asked));
    await applied(server);
    expect(second.cert).toBeDefined();
  });

  it("takes the place of the one that the agent was set up with [C-155]", async () => {
    await using server = await startCertificateServer();
    const settings = await bootstrapped(server);
    const first = await startCertificateAgent(settings);
    const { instanceUid } = first.agent;
    await applied(server);
    await first.agent.stop();
    await using second = await startCertificateAgent({
      ...settings,
      stateDirectory: first.stateDirectory,
    });
    await eventually(() => expect(second.agent.client.status.serverCapabilities).toBeDefined());
    await second.clock.settle();
    expect(server.guests).toEqual(["bootstrap", instanceUid, instanceUid]);
    expect(server.requests).toHaveLength(1);
  });
});

describe("an expired certificate", () => {
  const validity = { notBeforeMs: Date.now() - HOUR_MS, notAfterMs: Date.now() + 2 * HOUR_MS };

  it("is left behind at the start, and another one is asked for with what the agent was set up with [C-156]", async () => {
    await using server = await startCertificateServer();
    const settings = await bootstrapped(server);
    const { answer } = server;
    server.answer = async ({ csr }) =>
      offerOf({ cert: await server.authority.signRequest(csr, { validity }) });
    const first = await startCertificateAgent(settings);
    await applied(server);
    const { stateDirectory, cert } = first;
    await first.agent.stop();
    server.answer = answer;
    const clock = createFakeClock(Date.now() + 3 * HOUR_MS);
    await using second = await startCertificateAgent({ ...settings, stateDirectory, clock });
    const { instanceUid } = second.agent;
    const guests = ["bootstrap", instanceUid, "bootstrap", instanceUid];
    await eventually(() => expect(server.guests).toEqual(guests));
    await eventually(() => expect(second.cert).not.toBe(settings.tls.cert));
    expect(second.cert).not.toBe(cert);
    expect(server.requests.map(({ clientName }) => clientName)).toEqual(["bootstrap", "bootstrap"]);
    expect(second.errors.map(({ message }) => message)).toEqual([
      expect.stringContaining("has expired"),
    ]);
  });

  it("is left behind when the server is away, which had not renewed it [C-156]", async () => {
    await using server = await startCertificateServer();
    const settings = await bootstrapped(server);
    const { answer } = server;
    server.answer = async ({ csr }) =>
      offerOf({ cert: await server.authority.signRequest(csr, { validity }) });
    await using running = await startCertificateAgent({
      ...settings,
      certificate: { answerTimeoutMs: 24 * HOUR_MS },
    });
    await applied(server);
    const { instanceUid } = running.agent;
    server.answer = async () => ({});
    await running.pass(1.5 * HOUR_MS);
    await eventually(() => expect(server.requests).toHaveLength(2));
    await running.pass(HOUR_MS);
    server.answer = answer;
    server.cutAll();
    const guests = ["bootstrap", instanceUid, "bootstrap", instanceUid];
    await eventually(() => expect(server.guests).toEqual(guests));
  });
});

describe("a new uid", () => {
  it("calls for a new certificate, asked for with the old one [C-157]", async () => {
    await using server = await startCertificateServer();
    await using running = await startCertificateAgent(server.settings);
    await applied(server);
    const [before, after] = [running.agent.instanceUid, createInstanceUid()];
    const newInstanceUid = bytesFromInstanceUid(after);
    await eventually(() => server.push({ agentIdentification: { newInstanceUid } }));
    await eventually(() => expect(server.guests.at(-1)).toBe(after));
    expect(server.requests[1]).toMatchObject({ instanceUid: after, clientName: before });
    await applied(server);
    await running.clock.settle();
    expect(server.requests).toHaveLength(2);
    await eventually(() => expect(keysIn(running.stateDirectory).size).toBe(1));
  });

  it("makes the answer to an earlier request useless [C-157]", async () => {
    await using server = await startCertificateServer();
    const sign = server.answer;
    server.answer = async () => ({});
    await using running = await startCertificateAgent(server.settings);
    await eventually(() => expect(server.requests).toHaveLength(1));
    const newInstanceUid = bytesFromInstanceUid(createInstanceUid());
    await server.push({ agentIdentification: { newInstanceUid } });
    await eventually(() => expect(server.requests).toHaveLength(2));
    const [old, fresh] = server.requests;
    expect(fresh?.publicKey).not.toBe(old?.publicKey);
    if (old !== undefined) await server.push(await sign(old));
    await eventually(() => expect(server.statuses.at(-1)).toMatch(/^FAILED .* is for the agent/));
    expect(running.cert).toBeUndefined();
  });
});
