import { type PackageAvailableInit, PackageStatusEnum } from "@opamp/protocol";
import { createCertificateAuthority } from "@opamp/test-kit";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createOpAMPClient, type VerifySignature } from "../../src/index.ts";
import { type FileServer, startFileServer } from "../_util/file-server.ts";
import { createMemoryPackages } from "../_util/memory-packages.ts";
import { bytesOf, offerOf, startPackageAgent } from "../_util/package-agent.ts";
import { description } from "../_util/scripted-client.ts";

const { Installed, InstallFailed } = PackageStatusEnum;
const hashA = Uint8Array.of(1);
const good = bytesOf(3000);

let files: FileServer;
beforeEach(async () => {
  files = await startFileServer();
});
afterEach(() => files[Symbol.asyncDispose]());

const url = (path = "/bad"): string => files.put(path, good);

/** What may be wrong with an offer, and what its status has to name. */
const wrong: readonly (readonly [problem: string, offered: () => PackageAvailableInit])[] = [
  ["has no hash", () => offerOf(url(), good, { hash: new Uint8Array(0) })],
  ["has no file", () => ({ ...offerOf(url(), good), file: undefined })],
  ["has no download_url", () => offerOf("", good)],
  ["not a URL", () => offerOf("not a url", good)],
  ["scheme file:", () => offerOf("file:///etc/passwd", good)],
  ["content_hash has 0 bytes", () => ({ ...offerOf(url(), good), file: { downloadUrl: url() } })],
  ["header range", () => offerOf(url(), good, { file: { headers: header("Range", "bytes=0-") } })],
  ["header te", () => offerOf(url(), good, { file: { headers: header("TE", "gzip") } })],
  ["header x", () => offerOf(url(), good, { file: { headers: header("x", "a\r\nb: c") } })],
  ["header name", () => offerOf(url(), good, { file: { headers: header("a b", "c") } })],
  ["status 404", () => offerOf(`${files.url}/missing`, good)],
];

function header(key: string, value: string) {
  return { headers: [{ key, value }] };
}

describe("an offer", () => {
  it.each(wrong)(
    "fails the package whose offer %s, by name, and no other [C-191 L-01]",
    async (problem, offered) => {
      await using agent = await startPackageAgent();
      const packages = { bad: offered(), good: offerOf(url("/good"), good) };
      const { result } = await agent.offer({ packages, allPackagesHash: hashA });
      expect(result).toBe("failed");
      expect(agent.reports().at(-1)?.packages).toMatchObject({
        bad: { status: InstallFailed, errorMessage: expect.stringContaining(problem) },
        good: { status: Installed, errorMessage: "" },
      });
      expect(agent.packages.stored.get("bad")?.content).toBeUndefined();
      expect(agent.packages.stored.get("good")?.content).toEqual(good);
    },
  );

  it("takes names that are special elsewhere", async () => {
    await using agent = await startPackageAgent();
    const names = ["constructor", "toString", "ü/../x", ""];
    const packages = Object.fromEntries(names.map((name) => [name, offerOf(url(), good)]));
    const { statuses } = await agent.offer({ packages, allPackagesHash: hashA });
    expect(Object.keys(statuses.packages).sort()).toEqual([...names].sort());
    for (const name of names) expect(statuses.packages[name]?.status).toBe(Installed);
  });

  it("is not followed to an unencrypted file when it came over TLS, unless that is allowed", async () => {
    const offer = { packages: { a: offerOf(url(), good) }, allPackagesHash: hashA };
    const serverUrl = "wss://fleet.example.com";
    await using strict = await startPackageAgent({ serverUrl });
    await strict.offer(offer);
    expect(strict.reports().at(-1)?.packages.a?.errorMessage).toContain("not encrypted");
    expect(files.requests).toEqual([]);
    const packages = { allowInsecureDownloads: true };
    await using lax = await startPackageAgent({ serverUrl, packages });
    expect((await lax.offer(offer)).result).toBe("synced");
  });

  it("is followed over TLS with the authorities of the client, and without its certificate", async () => {
    const authority = await createCertificateAuthority();
    const issued = await authority.issueServer();
    await using secure = await startFileServer({
      ...issued,
      ca: authority.cert,
      requestCert: true,
      rejectUnauthorized: false,
    });
    const a = offerOf(secure.put("/a", good), good);
    const mine = await authority.issueClient("edge");
    const tls = { ca: authority.cert, ...mine, serverName: "fleet.example.com" };
    await using agent = await startPackageAgent({ serverUrl: "wss://fleet.example.com", tls });
    expect((await agent.offer({ packages: { a }, allPackagesHash: hashA })).result).toBe("synced");
    const { socket } = secure.requests[0] ?? {};
    expect(socket).toMatchObject({ authorized: false });
    await using stranger = await startPackageAgent({ packages: { maxAttempts: 2 } });
    await stranger.offer({ packages: { a }, allPackagesHash: hashA });
    expect(stranger.reports().at(-1)?.packages.a?.errorMessage).toMatch(/certificate/);
  });

  it("may hold user and password in its URL, which go into a header", async () => {
    await using agent = await startPackageAgent();
    const secret = url("/a").replace("//", "//me:p%40ss@");
    const a = offerOf(secret, good);
    expect((await agent.offer({ packages: { a }, allPackagesHash: hashA })).result).toBe("synced");
    const basic = `Basic ${Buffer.from("me:p@ss").toString("base64")}`;
    expect(files.requests[0]?.headers.authorization).toBe(basic);
    expect(agent.packages.contexts[0]?.downloadUrl).not.toContain("me");
  });
});

describe("hash and signature", () => {
  it("keep a content with another hash from ever being installed [C-180 L-06]", async () => {
    await using agent = await startPackageAgent();
    const path = url("/a");
    await agent.offer({ packages: { a: offerOf(path, good) }, allPackagesHash: hashA });
    const seen = agent.reports().length;
    const other = bytesOf(3000, 9);
    const swapped = offerOf(path, other, { version: "2.0" });
    const { result } = await agent.offer({
      packages: { a: swapped },
      allPackagesHash: Uint8Array.of(2),
    });
    expect(result).toBe("failed");
    expect(agent.packages.stored.get("a")?.content).toEqual(good);
    const after = agent.reports().slice(seen);
    expect(after.at(-1)?.packages.a).toMatchObject({
      status: InstallFailed,
      errorMessage: expect.stringContaining("SHA-256"),
      agentHasVersion: "1.0",
    });
    expect(after.some(({ packages }) => packages.a?.status === Installed)).toBe(false);
    expect(files.requests).toHaveLength(2);
  });

  it("give the signature to the verifier before the data ends [C-181 L-06]", async () => {
    const asked: unknown[] = [];
    const verifySignature: VerifySignature = (content) => {
      asked.push(content);
      return content.signature[0] === 7;
    };
    await using agent = await startPackageAgent({ packages: { verifySignature } });
    const signed = (name: string, signature: Uint8Array) =>
      offerOf(url(`/${name}`), good, { file: { signature } });
    const packages = {
      right: signed("right", Uint8Array.of(7)),
      wrong: signed("wrong", Uint8Array.of(8)),
      missing: signed("missing", new Uint8Array(0)),
    };
    await agent.offer({ packages, allPackagesHash: hashA });
    expect(agent.reports().at(-1)?.packages).toMatchObject({
      right: { status: Installed },
      wrong: { status: InstallFailed, errorMessage: "the signature is not right" },
      missing: { status: InstallFailed, errorMessage: "the file has no signature" },
    });
    expect(asked).toHaveLength(2);
    expect(asked).toContainEqual(
      expect.objectContaining({
        packageName: "right",
        version: "1.0",
        contentHash: packages.right.file?.contentHash,
      }),
    );
    expect(agent.packages.stored.get("wrong")?.content).toBeUndefined();
    expect(agent.packages.stored.has("missing")).toBe(false);
    expect(files.requests.map((r) => r.url)).not.toContain("/missing");
  });

  it("fail a package whose verifier throws, also when the content is there already [L-06 L-07]", async () => {
    let verifySignature: VerifySignature = () => true;
    const packages = { verifySignature: ((c) => verifySignature(c)) satisfies VerifySignature };
    await using agent = await startPackageAgent({ packages });
    const a = offerOf(url("/a"), good, { file: { signature: hashA } });
    await agent.offer({ packages: { a }, allPackagesHash: hashA });
    verifySignature = () => {
      throw new Error("no key");
    };
    const renewed = { ...a, hash: Uint8Array.of(5) };
    await agent.offer({ packages: { a: renewed }, allPackagesHash: Uint8Array.of(2) });
    expect(agent.reports().at(-1)?.packages.a).toMatchObject({
      status: InstallFailed,
      errorMessage: expect.stringContaining("no key"),
    });
  });

  it("hand the signature to the provider, which may verify what it has stored [C-181]", async () => {
    await using agent = await startPackageAgent();
    const a = offerOf(url("/a"), good, { file: { signature: Uint8Array.of(4, 5) } });
    await agent.offer({ packages: { a }, allPackagesHash: hashA });
    expect(agent.packages.contexts[0]).toMatchObject({
      packageName: "a",
      signature: Uint8Array.of(4, 5),
      contentHash: a.file?.contentHash,
      startAt: 0,
    });
  });
});

describe("settings", () => {
  it("refuse a provider without a capability that needs it, before and after the start", async () => {
    const packagesStateProvider = createMemoryPackages();
    const refusal = {
      code: "invalid-argument",
      message: expect.stringContaining("packagesStateProvider"),
    };
    const client = createOpAMPClient({
      serverUrl: "ws://localhost",
      agentDescription: description,
      packagesStateProvider,
    });
    await expect(client.start()).rejects.toMatchObject(refusal);
    await client.stop();
    await using agent = await startPackageAgent();
    expect(() => agent.scripted.client.setCapabilities([])).toThrow(
      expect.objectContaining(refusal),
    );
    agent.scripted.client.setCapabilities(["ReportsPackageStatuses"]);
  });

  it.each([
    ["packages.maxPackageBytes", { maxPackageBytes: 0 }],
    ["packages.progressIntervalMs", { progressIntervalMs: Number.NaN }],
    ["packages.maxDownloads", { maxDownloads: 3 } as object],
  ])("name %s when it does not fit", (name, packages) => {
    const create = (): unknown =>
      createOpAMPClient({ serverUrl: "ws://localhost", agentDescription: description, packages });
    expect(create).toThrow(name);
  });
});
