import { gzipSync } from "node:zlib";
import { PackageStatusEnum, systemClock } from "@opamp/protocol";
import { eventually } from "@opamp/test-kit";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { PackageFetch, PackagesOptions } from "../../src/index.ts";
import { type FileServer, startFileServer } from "../_util/file-server.ts";
import { bytesOf, offerOf, type PackageAgent, startPackageAgent } from "../_util/package-agent.ts";

const { InstallFailed } = PackageStatusEnum;
const hashA = Uint8Array.of(1);
const content = bytesOf(400_000);

let files: FileServer;
beforeEach(async () => {
  files = await startFileServer();
});
afterEach(() => files[Symbol.asyncDispose]());

/** Offers the content, and gives back how its sync ended and what the status says then. */
async function download(agent: PackageAgent, url = files.put("/a", content)) {
  const offer = { packages: { a: offerOf(url, content) }, allPackagesHash: hashA };
  const { result, statuses } = await agent.offer(offer);
  return { result, status: statuses.packages.a };
}

function startAgent(packages: PackagesOptions = {}): Promise<PackageAgent> {
  return startPackageAgent({ packages });
}

describe("a download", () => {
  it("goes on where it broke, and only of the same content", async () => {
    await using agent = await startAgent();
    files.script = (asked) => files.serve(asked, { cutAfter: 150_000 });
    expect((await download(agent)).result).toBe("synced");
    expect(agent.packages.stored.get("a")?.content).toEqual(content);
    expect(files.requests).toHaveLength(3);
    const [first, second] = files.requests;
    expect(first?.headers.range).toBeUndefined();
    expect(first?.headers["accept-encoding"]).toBe("identity");
    expect(second?.headers.range).toMatch(/^bytes=[1-9]\d*-$/);
    expect(second?.headers["if-range"]).toMatch(/^"/);
    expect(files.sentBytes).toBeLessThanOrEqual(content.length * 1.5);
  });

  it.each([
    [
      "ignores ranges",
      (response: Answer) => response.writeHead(200, lengthOf(content)).end(content),
    ],
    ["answers with another range", (response: Answer) => wrongRange(response, "bytes 5-9/10")],
    ["answers without a range", (response: Answer) => wrongRange(response)],
    ["knows no such range", (response: Answer) => response.writeHead(416).end()],
  ])("is whole after a break though the server %s", async (_, answer) => {
    await using agent = await startAgent();
    files.script = (asked) => {
      if (asked.earlier === 0) files.serve(asked, { cutAfter: 150_000 });
      else if (asked.request.headers.range === undefined) files.serve(asked);
      else answer(asked.response);
    };
    expect((await download(agent)).result).toBe("synced");
    expect(agent.packages.stored.get("a")?.content).toEqual(content);
  });

  it("starts again, once, when the content changed in the middle [L-06]", async () => {
    await using agent = await startAgent();
    const other = bytesOf(content.length, 5);
    files.script = (asked) => {
      if (asked.earlier !== 0) return files.serve(asked);
      asked.response.writeHead(200, lengthOf(other));
      asked.response.write(other.subarray(0, 200_000), () => asked.response.socket?.end());
    };
    expect((await download(agent)).result).toBe("synced");
    expect(agent.packages.stored.get("a")?.content).toEqual(content);
    expect(files.requests).toHaveLength(3);
    expect(files.requests[2]?.headers.range).toBeUndefined();
  });

  it("fails when the body always ends too early", async () => {
    await using agent = await startAgent({ maxAttempts: 3 });
    files.script = ({ response }) => {
      response.writeHead(200, lengthOf(content));
      response.write(content.subarray(0, 1000), () => response.socket?.end());
    };
    const { result, status } = await download(agent);
    expect(result).toBe("failed");
    expect(status?.status).toBe(InstallFailed);
    expect(status?.errorMessage).not.toBe("");
    expect(files.requests.length).toBeLessThanOrEqual(4);
    expect(agent.packages.stored.get("a")?.content).toBeUndefined();
  });

  it.each([400, 401, 403, 404, 410])("is not tried again after status %d", async (status) => {
    await using agent = await startAgent();
    files.script = ({ response }) => response.writeHead(status).end();
    const failed = await download(agent);
    expect(failed.status?.errorMessage).toContain(`status ${status}`);
    expect(files.requests).toHaveLength(1);
  });

  it.each([408, 429, 500, 502, 503])("is tried again after status %d", async (status) => {
    await using agent = await startAgent();
    files.script = (asked) => {
      if (asked.earlier > 1) files.serve(asked);
      else asked.response.writeHead(status).end("later");
    };
    expect((await download(agent)).result).toBe("synced");
    expect(files.requests).toHaveLength(3);
  });

  it("waits as long as Retry-After says", async () => {
    await using agent = await startAgent();
    const { clock } = agent.scripted;
    files.script = (asked) => {
      if (asked.earlier > 0) files.serve(asked);
      else asked.response.writeHead(503, { "retry-after": "20" }).end();
    };
    const a = offerOf(files.put("/a", content), content);
    await agent.offerOnly({ packages: { a }, allPackagesHash: hashA });
    await eventually(() => expect(files.requests).toHaveLength(1));
    const startMs = clock.now();
    await eventually(async () => {
      await clock.advance(500);
      expect(files.requests).toHaveLength(2);
    });
    expect(clock.now() - startMs).toBeGreaterThanOrEqual(20_000);
    expect((await agent.syncs[0])?.result).toBe("synced");
  });

  it("does not wait for longer than Retry-After may ask for", async () => {
    await using agent = await startAgent({ maxRetryAfterMs: 60_000 });
    files.script = ({ response }) => response.writeHead(429, { "retry-after": "61" }).end();
    expect((await download(agent)).status?.errorMessage).toContain("status 429");
    expect(files.requests).toHaveLength(1);
  });

  it("backs off by the policy, and gives up after so many attempts in vain", async () => {
    const attempts: number[] = [];
    const delayMs = (attempt: number): number => {
      attempts.push(attempt);
      return 0;
    };
    await using agent = await startAgent({ maxAttempts: 4, retry: { delayMs } });
    files.script = ({ response }) => response.socket?.destroy();
    const { status } = await download(agent);
    expect(status?.status).toBe(InstallFailed);
    expect(attempts).toEqual([1, 2, 3]);
    expect(files.requests).toHaveLength(4);
  });

  it.each([
    ["says so", lengthOf(content)],
    ["does not say so", {}],
  ])("stops at the size limit, whether the server %s", async (_, headers) => {
    await using agent = await startAgent({ maxPackageBytes: 100_000 });
    files.script = ({ response }) => response.writeHead(200, headers).end(content);
    const { status } = await download(agent);
    expect(status?.errorMessage).toContain("maxPackageBytes");
    expect(files.requests).toHaveLength(1);
    expect(agent.packages.stored.get("a")?.content).toBeUndefined();
  });

  it("is unpacked when the server compresses it in spite of what was asked, within the limit [L-02]", async () => {
    await using agent = await startAgent({ maxPackageBytes: content.length });
    const gzipped = gzipSync(content);
    const bomb = gzipSync(Buffer.alloc(50_000_000));
    const headers = { "content-encoding": "gzip" };
    const half = gzipped.subarray(0, gzipped.length / 2);
    files.script = ({ earlier, request, response }) => {
      const isBomb = request.url === "/bomb";
      response.writeHead(200, isBomb ? headers : { ...headers, ...lengthOf(gzipped) });
      if (isBomb) response.end(bomb);
      else if (earlier > 0) response.end(gzipped);
      else response.write(half, () => response.socket?.end());
    };
    expect((await download(agent)).result).toBe("synced");
    expect(agent.packages.stored.get("a")?.content).toEqual(content);
    expect(files.requests[1]?.headers.range).toBeUndefined();
    const b = offerOf(files.put("/bomb", content), bytesOf(5));
    const { statuses } = await agent.offer({ packages: { b }, allPackagesHash: Uint8Array.of(2) });
    expect(statuses.packages.b?.errorMessage).toContain("maxPackageBytes");
  });

  it("is cut and tried again when nothing comes", async () => {
    const packages = { stallTimeoutMs: 60, responseTimeoutMs: 60 };
    await using agent = await startPackageAgent({ clock: systemClock, packages });
    files.script = (asked) => {
      if (asked.earlier > 1) return files.serve(asked);
      if (asked.earlier === 0) return undefined;
      asked.response.writeHead(200, lengthOf(content));
      return asked.response.write(content.subarray(0, 100_000));
    };
    expect((await download(agent)).result).toBe("synced");
    expect(files.requests).toHaveLength(3);
  });

  it("waits for a provider that takes its time", async () => {
    await using agent = await startAgent();
    const gate = Promise.withResolvers<void>();
    agent.packages.onCall = (method) => (method === "updateContent" ? gate.promise : undefined);
    const a = offerOf(files.put("/a", content), content);
    await agent.offerOnly({ packages: { a }, allPackagesHash: hashA });
    await eventually(() => expect(agent.packages.calls).toContain("updateContent a"));
    await agent.scripted.clock.advance(600_000);
    gate.resolve();
    expect((await agent.syncs[0])?.result).toBe("synced");
    expect(files.requests).toHaveLength(1);
  });

  it("leaves its credentials behind when it is redirected to another origin [L-04]", async () => {
    await using elsewhere = await startFileServer();
    const target = elsewhere.put("/b", content);
    await using agent = await startAgent();
    files.script = ({ request, response }) => {
      const location = request.url === "/a" ? "/here" : target;
      response.writeHead(302, { location }).end();
    };
    files.put("/here", content);
    const headers = { headers: [{ key: "Authorization", value: "Bearer secret" }] };
    const a = offerOf(files.put("/a", content), content, { file: { headers } });
    expect((await agent.offer({ packages: { a }, allPackagesHash: hashA })).result).toBe("synced");
    expect(files.requests.map((r) => r.headers.authorization)).toEqual([
      "Bearer secret",
      "Bearer secret",
    ]);
    expect(elsewhere.requests[0]?.headers.authorization).toBeUndefined();
  });

  it("is redirected only so often", async () => {
    await using agent = await startPackageAgent({ limits: { maxRedirects: 2 } });
    files.script = ({ response }) => response.writeHead(307, { location: "/a" }).end();
    expect((await download(agent)).status?.errorMessage).toContain("redirect");
    expect(files.requests).toHaveLength(3);
  });

  it("may be made by the platform's fetch, with redirects and resuming as ever", async () => {
    await using agent = await startAgent({ fetch });
    files.put("/b", content);
    files.script = (asked) => {
      if (asked.request.url === "/b") return files.serve(asked, { cutAfter: 250_000 });
      asked.response.writeHead(301, { location: "/b" }).end();
    };
    expect((await download(agent)).result).toBe("synced");
    expect(agent.packages.stored.get("a")?.content).toEqual(content);
  });

  it("survives a fetch that throws or never answers", async () => {
    const calls: string[] = [];
    const broken: PackageFetch = (url, { signal }) => {
      calls.push(url);
      if (calls.length === 1) throw new Error("no network");
      return new Promise((_, reject) => {
        signal.addEventListener("abort", () => reject(new Error("cut")));
      });
    };
    const packages = { fetch: broken, maxAttempts: 2, responseTimeoutMs: 20 };
    await using agent = await startPackageAgent({ clock: systemClock, packages });
    const { status } = await download(agent);
    expect(status?.errorMessage).toContain("was not answered within 20 ms");
    expect(calls).toHaveLength(2);
  });
});

type Answer = Parameters<FileServer["serve"]>[0]["response"];

function lengthOf(bytes: Uint8Array): { readonly "content-length": number } {
  return { "content-length": bytes.length };
}

function wrongRange(response: Answer, range?: string): void {
  response.writeHead(206, range === undefined ? {} : { "content-range": range }).end("other");
}
