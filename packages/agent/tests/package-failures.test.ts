import { generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { PackageAvailableInit } from "@opamp/protocol";
import { describe, expect, it } from "vitest";
import { type FileSystem, nodeFileSystem, type SignedPackage } from "../src/index.ts";
import { serveFile } from "./_util/file-server.ts";
import { type PackagedAgent, startPackagedAgent } from "./_util/packaged-agent.ts";

const { privateKey, publicKey } = generateKeyPairSync("ed25519");
const other = generateKeyPairSync("ed25519");
const trust = [other.publicKey, publicKey].map(pemOf);

function pemOf(key: KeyObject): string {
  return key.export({ type: "spki", format: "pem" }).toString();
}

function signed(packaged: PackagedAgent, version: string, key = privateKey): PackageAvailableInit {
  const signature = sign(null, Buffer.from(`content ${version}`), key);
  return packaged.pack(version, `content ${version}`, { signature });
}

/** A disk that is full while more than some bytes are written to one content. */
function fullDisk(isFull: () => boolean): FileSystem {
  return {
    ...nodeFileSystem,
    async openWriter(path, startAtBytes) {
      const writer = await nodeFileSystem.openWriter(path, startAtBytes);
      return {
        ...writer,
        async write(chunk) {
          if (!isFull()) return writer.write(chunk);
          await writer.write(chunk.subarray(0, 1));
          const code = "ENOSPC";
          throw Object.assign(new Error("ENOSPC: no space left on device, write"), { code });
        },
      };
    },
  };
}

interface Mishap {
  readonly what: string;
  readonly reason: string;
  /** Makes the second offer. */
  readonly offer: (packaged: PackagedAgent) => PackageAvailableInit;
  readonly requests: number;
}

let diskIsFull = false;

const mishaps: readonly Mishap[] = [
  {
    what: "whose content has another hash",
    reason: "the content does not have the offered SHA-256",
    offer(packaged) {
      const offered = signed(packaged, "2.0");
      packaged.files.put("/2.0", Buffer.from("content 2.x"));
      return offered;
    },
    requests: 2,
  },
  {
    what: "whose signature is of another content",
    reason: "the signature is not right",
    offer: (packaged) => {
      const signature = sign(null, Buffer.from("content 1.0"), privateKey);
      return packaged.pack("2.0", "content 2.0", { signature });
    },
    requests: 2,
  },
  {
    what: "that a stranger has signed",
    reason: "the signature is not right",
    offer: (packaged) => {
      const { privateKey: stranger } = generateKeyPairSync("ed25519");
      return signed(packaged, "2.0", stranger);
    },
    requests: 2,
  },
  {
    what: "without a signature",
    reason: "the file has no signature",
    offer: (packaged) => packaged.pack("2.0", "content 2.0"),
    requests: 1,
  },
  {
    what: "whose content ends early",
    reason: "the download broke",
    offer(packaged) {
      packaged.files.script = ({ response, content }) => {
        response.writeHead(200, { "content-length": content.length });
        response.write(content.subarray(0, 4), () => response.socket?.end());
      };
      return signed(packaged, "2.0");
    },
    requests: 4,
  },
  {
    what: "whose content is not there",
    reason: "answered with status 404",
    offer(packaged) {
      const offered = signed(packaged, "2.0");
      const downloadUrl = offered.file?.downloadUrl?.replace("2.0", "missing") ?? "";
      return { ...offered, file: { ...offered.file, downloadUrl } };
    },
    requests: 2,
  },
  {
    what: "that the disk has no room for",
    reason: "the package store failed: ENOSPC: no space left on device",
    offer(packaged) {
      diskIsFull = true;
      return signed(packaged, "2.0");
    },
    requests: 2,
  },
  {
    what: "that is too large",
    reason: "larger than packages.maxPackageBytes",
    offer(packaged) {
      const content = "x".repeat(101);
      const signature = sign(null, Buffer.from(content), privateKey);
      return packaged.pack("2.0", content, { signature });
    },
    requests: 2,
  },
];

describe("an agent that is offered a package", () => {
  it.each(mishaps)(
    "says why one $what failed, and keeps what it has [C-180 C-181 C-187 C-191 C-251 L-06 L-12]",
    async (mishap) => {
      diskIsFull = false;
      await using packaged = await startPackagedAgent({
        packages: { trust, maxPackageBytes: 100, maxAttempts: 3 },
        fileSystem: fullDisk(() => diskIsFull),
      });
      const { agent, server, calls, stateDirectory } = packaged;
      await packaged.offer({ probes: signed(packaged, "1.0") });
      const { packages } = await packaged.offer({ probes: mishap.offer(packaged) });
      expect(server.known).toEqual(["probes: InstallFailed has 1.0"]);
      expect(packages.probes?.errorMessage).toContain(mishap.reason);
      expect(packages.probes?.serverOfferedVersion).toBe("2.0");
      expect(calls).toEqual(["install offered probes 1.0"]);
      expect(packaged.files.requests).toHaveLength(mishap.requests);
      const { path = "" } = agent.packages.get("probes") ?? {};
      expect(readFileSync(path, "utf8")).toBe("content 1.0");
      // What ended early may go on later; anything else leaves nothing.
      const isResumable = mishap.reason.includes("broke");
      expect(readdirSync(join(stateDirectory, "packages"))).toHaveLength(isResumable ? 3 : 1);
      // The next offer is not the worse for it.
      diskIsFull = false;
      packaged.files.script = (request) => void serveFile(request);
      await packaged.offer({ probes: signed(packaged, "3.0") });
      expect(server.known).toEqual(["probes: Installed has 3.0"]);
      expect(readdirSync(join(stateDirectory, "packages"))).toHaveLength(1);
    },
  );

  it("does not take a new version of the same content with a wrong signature [C-251 L-06]", async () => {
    await using packaged = await startPackagedAgent({ packages: { trust } });
    const probes = signed(packaged, "1.0");
    await packaged.offer({ probes });
    const signature = sign(null, Buffer.from("content 2.0"), privateKey);
    const file = { ...probes.file, signature };
    const { packages } = await packaged.offer({
      probes: { version: "2.0", hash: Uint8Array.of(7), file },
    });
    expect(packaged.server.known).toEqual(["probes: InstallFailed has 1.0"]);
    expect(packages.probes?.errorMessage).toContain("the signature is not right");
  });

  it("has a signature verified by what is handed in, which sees the content [C-181]", async () => {
    const seen: (SignedPackage & { readonly content: string })[] = [];
    await using packaged = await startPackagedAgent({
      packages: {
        verifySignature(pkg) {
          seen.push({ ...pkg, content: readFileSync(pkg.path, "utf8") });
          return pkg.version === "1.0";
        },
      },
    });
    await packaged.offer({ probes: packaged.pack("1.0", "one", { signature: Uint8Array.of(1) }) });
    await packaged.offer({ probes: packaged.pack("2.0", "two", { signature: Uint8Array.of(2) }) });
    expect(packaged.server.known).toEqual(["probes: InstallFailed has 1.0"]);
    expect(seen).toMatchObject([
      { name: "probes", version: "1.0", signature: Uint8Array.of(1), content: "one" },
      { name: "probes", version: "2.0", signature: Uint8Array.of(2), content: "two" },
    ]);
  });
});
