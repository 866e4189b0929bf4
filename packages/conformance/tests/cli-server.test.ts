import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createCertificateAuthority } from "@opamp/test-kit";
import { describe, expect, it } from "vitest";
import type { ConformanceReport, RequirementReport } from "../src/report/report.ts";
import { runCli } from "./_util/run-cli.ts";
import { startTrackingServer } from "./_util/tracking-server.ts";
import { startWrongServer } from "./_util/wrong-server.ts";

const timeout = 60_000;

function requirementIn(stdout: string, id: string): RequirementReport | undefined {
  const { requirements } = JSON.parse(stdout) as ConformanceReport;
  return requirements.find((requirement) => requirement.id === id);
}

describe("opamp-conformance server", { timeout }, () => {
  it("finds nothing wrong with our server over both transports, and ends with 0", async () => {
    await using server = await startTrackingServer();
    const { code, stdout } = await runCli(["server", server.url, "--format", "json", "--strict"]);
    const report = JSON.parse(stdout) as ConformanceReport;
    expect(report.requirements.filter(({ outcome }) => outcome === "failed")).toEqual([]);
    expect(report.transports).toEqual(["websocket", "http"]);
    expect(code).toBe(0);
    expect(requirementIn(stdout, "S-24")).toMatchObject({ outcome: "passed", weight: "error" });
    expect(requirementIn(stdout, "S-147")).toMatchObject({
      outcome: "skipped",
      reason: "needs an operator: the server has to be given turnAway",
    });
    expect(requirementIn(stdout, "W-27")?.reason).toMatch(/^capability not declared: /);
  });

  it("shows what a wrong server sent and ends with 1", async () => {
    await using server = await startWrongServer();
    const { code, stdout } = await runCli(["server", server.url, "--only", "S-24,S-34"]);
    expect(code).toBe(1);
    expect(stdout).toMatch(/^FAIL {2}S-24 {3}MUST /m);
    expect(stdout).toMatch(/FAIL {2}server-echoes-uid over http: echoes the uid of the message/);
    expect(stdout).toMatch(/<- status 200 \(\d+ bytes\) 0a1001010101/);
    expect(stdout).toMatch(/skip|not reached over websocket/);
  });

  it("takes a broken SHOULD for a failure only when it is strict", async () => {
    await using server = await startWrongServer();
    const args = ["server", server.url, "--transport", "http", "--only", "S-123"];
    expect((await runCli(args)).code).toBe(0);
    expect((await runCli([...args, "--strict"])).code).toBe(1);
  });

  it("says which version it is", async () => {
    const manifest = join(import.meta.dirname, "../package.json");
    const { version } = JSON.parse(readFileSync(manifest, "utf8")) as { readonly version: string };
    expect(await runCli(["--version"])).toEqual({ code: 0, stdout: `${version}\n`, stderr: "" });
  });

  it("says that a server is not there and ends with 2", async () => {
    const server = await startWrongServer();
    await server[Symbol.asyncDispose]();
    const { code, stderr } = await runCli(["server", server.url]);
    expect(code).toBe(2);
    expect(stderr).toMatch(/cannot be examined\n {2}over websocket: .*ECONNREFUSED/);
  });

  it("brings its headers and trusts an authority", async () => {
    const authority = await createCertificateAuthority();
    const certificate = await authority.issueServer();
    await using server = await startTrackingServer({ certificate, authorization: "Bearer x" });
    const directory = mkdtempSync(join(tmpdir(), "opamp-cli-"));
    try {
      const ca = join(directory, "ca.pem");
      writeFileSync(ca, authority.cert);
      const args = ["server", server.url, "--only", "S-01,W-67,S-24"];
      const header = ["--header", "Authorization: Bearer x"];
      expect(await runCli([...args, ...header, "--ca", ca])).toMatchObject({ code: 0 });
      expect(await runCli([...args, ...header, "--insecure"])).toMatchObject({ code: 0 });
      expect((await runCli([...args, ...header])).stderr).toMatch(/certificate/);
      expect((await runCli([...args, "--ca", ca])).stderr).toMatch(/refused with 401/);
    } finally {
      rmSync(directory, { recursive: true });
    }
  });

  it("writes JUnit into a file", async () => {
    await using server = await startWrongServer();
    const directory = mkdtempSync(join(tmpdir(), "opamp-cli-"));
    try {
      const output = join(directory, "report.xml");
      const args = ["server", server.url, "--only", "S-24", "--format", "junit"];
      const { stdout, stderr } = await runCli([...args, "--output", output]);
      expect(stdout).toBe("");
      expect(stderr).toMatch(/^0 requirements passed, 2 failed \(1 errors, /);
      expect(stderr).toContain(`The report is in ${output}, as junit.`);
      expect(readFileSync(output, "utf8")).toMatch(/<failure type="error" message="server-echoes/);
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
});
