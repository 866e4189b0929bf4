import { createHash } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { eventually } from "@opamp/test-kit";
import { describe, expect, it } from "vitest";
import { serveFile } from "./_util/file-server.ts";
import { type PackagedAgent, startPackagedAgent } from "./_util/packaged-agent.ts";

const PART_BYTES = 100_000;

/** Stops an agent whose download of version 1.0 has come to a part and stands still. */
async function stopHalfway(packaged: PackagedAgent, content: string): Promise<void> {
  const { files, server, stateDirectory } = packaged;
  files.script = ({ response, content: bytes }) => {
    response.writeHead(200, { "content-length": bytes.length, etag: '"1"' });
    response.write(bytes.subarray(0, PART_BYTES));
  };
  server.want({ probes: packaged.pack("1.0", content) });
  await eventually(() => {
    const names = readdirSync(join(stateDirectory, "packages"));
    const partial = names.find((name) => name.endsWith(".partial")) ?? "";
    expect(readFileSync(join(stateDirectory, "packages", partial))).toHaveLength(PART_BYTES);
  });
  await packaged.agent.stop();
  files.script = (request) => void serveFile(request);
}

/** Has the run before end while it installs a version: the record says so, and the content is there. */
function interrupt(packaged: PackagedAgent, content: string, work: object): void {
  const { stateDirectory } = packaged;
  const contentHash = createHash("sha256").update(content).digest("hex");
  writeFileSync(join(stateDirectory, "packages", contentHash), content);
  const path = join(stateDirectory, "packages.json");
  const record = JSON.parse(readFileSync(path, "utf8"));
  const target = { hash: "0b", version: "2.0", contentHash, downloadUrl: "" };
  record.packages[0].work = { target, ...work };
  writeFileSync(path, JSON.stringify(record));
}

describe("an agent that starts again", () => {
  it("goes on with a download where it was", async () => {
    await using packaged = await startPackagedAgent();
    const content = "0123456789".repeat(30_000);
    await stopHalfway(packaged, content);
    await packaged.restart();
    await eventually(() => expect(packaged.server.known).toEqual(["probes: Installed has 1.0"]));
    expect(packaged.files.requests).toEqual(["/1.0 0", `/1.0 ${PART_BYTES}`]);
    const { path = "" } = packaged.agent.packages.get("probes") ?? {};
    expect(readFileSync(path, "utf8")).toBe(content);
  });

  it("reads a content again from the start when its pieces do not fit together [L-06]", async () => {
    await using packaged = await startPackagedAgent();
    const content = "0123456789".repeat(30_000);
    await stopHalfway(packaged, content);
    const directory = join(packaged.stateDirectory, "packages");
    const partial = readdirSync(directory).find((name) => name.endsWith(".partial")) ?? "";
    writeFileSync(join(directory, partial), "x".repeat(PART_BYTES));
    await packaged.restart();
    await eventually(() => expect(packaged.server.known).toEqual(["probes: Installed has 1.0"]));
    const { path = "" } = packaged.agent.packages.get("probes") ?? {};
    expect(readFileSync(path, "utf8")).toBe(content);
  });

  it("verifies what it was about to verify when it stopped, and downloads nothing again [L-06]", async () => {
    const begun = Promise.withResolvers<void>();
    await using packaged = await startPackagedAgent({
      packages: {
        verifySignature(_pkg, { signal }) {
          begun.resolve();
          return new Promise((_resolve, reject) => {
            signal.addEventListener("abort", () => reject(signal.reason));
          });
        },
      },
    });
    const { server } = packaged;
    server.want({ probes: packaged.pack("1.0", "one", { signature: Uint8Array.of(1) }) });
    await begun.promise;
    await packaged.restart({ packages: { verifySignature: () => true } });
    await eventually(() => expect(server.known).toEqual(["probes: Installed has 1.0"]));
    const failed = server.reports.filter(({ packages }) => packages.probes?.errorMessage !== "");
    expect(failed).toEqual([]);
    expect(packaged.files.requests).toEqual(["/1.0 0", "/1.0 3"]);
  });

  it("ends an install that was interrupted, without a server that offers it", async () => {
    await using packaged = await startPackagedAgent();
    const { server, calls } = packaged;
    await packaged.offer({ probes: packaged.pack("1.0", "one") });
    await packaged.agent.stop();
    interrupt(packaged, "two", { state: "installing", attempts: 1 });
    server.want(undefined);
    await packaged.restart();
    await eventually(() => expect(server.known).toEqual(["probes: Installed has 2.0"]));
    expect(calls.slice(1)).toEqual(["install interrupted probes 2.0"]);
  });

  it("gives up an install that ends the process again and again, and says so", async () => {
    await using packaged = await startPackagedAgent({ packages: { maxInstallAttempts: 2 } });
    const { server, calls } = packaged;
    await packaged.offer({ probes: packaged.pack("1.0", "one") });
    await packaged.agent.stop();
    interrupt(packaged, "two", { state: "installing", attempts: 2 });
    server.want(undefined);
    await packaged.restart();
    await eventually(() => expect(server.known).toEqual(["probes: InstallFailed has 1.0"]));
    expect(server.reports.at(-1)?.packages.probes?.errorMessage).toBe(
      "the agent ended 2 times meanwhile",
    );
    expect(calls.slice(1)).toEqual(["install rolled-back probes 1.0"]);
  });

  it("goes on with a roll back that was interrupted, and keeps its reason", async () => {
    await using packaged = await startPackagedAgent();
    const { server, calls } = packaged;
    await packaged.offer({ probes: packaged.pack("1.0", "one") });
    await packaged.agent.stop();
    const errorMessage = "the package is not healthy";
    interrupt(packaged, "two", { state: "rolling-back", attempts: 1, errorMessage });
    await packaged.restart();
    await eventually(() => expect(server.known).toEqual(["probes: InstallFailed has 1.0"]));
    expect(server.reports.at(-1)?.packages.probes?.errorMessage).toBe(errorMessage);
    expect(calls.slice(1)).toEqual(["install rolled-back probes 1.0"]);
  });

  it("sets a damaged record aside, and gets its packages again", async () => {
    await using packaged = await startPackagedAgent();
    const { server, stateDirectory } = packaged;
    await packaged.offer({ probes: packaged.pack("1.0", "one") });
    await packaged.agent.stop();
    writeFileSync(join(stateDirectory, "packages.json"), "{");
    server.forget();
    await packaged.restart();
    await eventually(() => expect(server.known).toEqual(["probes: Installed has 1.0"]));
    expect(packaged.errors.map(({ code }) => code)).toEqual(["state-unusable"]);
    expect(packaged.files.requests).toHaveLength(2);
  });
});
