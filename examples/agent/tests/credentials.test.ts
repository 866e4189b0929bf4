import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createOpAMPServer, requireBearer } from "@opamp/server";
import { createCertificateAuthority, eventually } from "@opamp/test-kit";
import { expect, it, onTestFinished } from "vitest";

it("hostwatch trusts the authority and shows the token that it is given", {
  timeout: 60_000,
}, async () => {
  const directory = mkdtempSync(join(tmpdir(), "opamp-hostwatch-"));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const authority = await createCertificateAuthority();
  const ca = join(directory, "ca.pem");
  writeFileSync(ca, authority.cert);
  await using server = createOpAMPServer({
    callbacks: { onConnecting: requireBearer({ tokens: ["secret"] }) },
  });
  const tls = await authority.issueServer();
  const { port } = await server.listen({ port: 0, host: "127.0.0.1", tls });

  const main = join(import.meta.dirname, "../src/main.ts");
  const url = `wss://127.0.0.1:${port}/v1/opamp`;
  const options = ["--server", url, "--dir", join(directory, "state"), "--ca", ca];
  const child = spawn(process.execPath, ["--conditions=@opamp/source", main, ...options], {
    stdio: "ignore",
    env: { ...process.env, OPAMP_TOKEN: "secret" },
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  await eventually(() => expect(server.stats().websocket.messagesReceived).toBeGreaterThan(0), {
    timeoutMs: 40_000,
  });
});
