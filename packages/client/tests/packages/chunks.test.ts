import { gzipSync } from "node:zlib";
import { createCertificateAuthority } from "@opamp/test-kit";
import { describe, expect, it } from "vitest";
import type { PackagesStateProvider } from "../../src/index.ts";
import { type FileRequest, startFileServer } from "../_util/file-server.ts";
import { createMemoryPackages } from "../_util/memory-packages.ts";
import { bytesOf, offerOf, startPackageAgent } from "../_util/package-agent.ts";

const content = bytesOf(3_000_000);

interface Reader extends Required<Pick<PackagesStateProvider, "updateContent" | "holdsOneChunk">> {
  /** Answers instead of the usual way. */
  readonly serve?: (asked: FileRequest) => unknown;
}

describe.each(["http", "https"])("a content that comes by %s", (scheme) => {
  async function download({ serve, ...reader }: Reader): Promise<void> {
    const authority = await createCertificateAuthority("Test CA");
    const isTls = scheme === "https";
    await using files = await startFileServer(isTls ? await authority.issueServer() : undefined);
    await using agent = await startPackageAgent({
      tls: { ca: authority.cert },
      packagesStateProvider: Object.assign(createMemoryPackages(), reader),
    });
    files.script = serve;
    const a = offerOf(files.put("/a", content), content);
    const outcome = await agent.offer({ packages: { a }, allPackagesHash: Uint8Array.of(1) });
    expect(outcome.result).toBe("synced");
  }

  it("is the provider's to keep, chunk by chunk", async () => {
    const chunks: Uint8Array[] = [];
    await download({
      holdsOneChunk: false,
      async updateContent(data) {
        for await (const chunk of data) chunks.push(chunk);
      },
    });
    expect(Buffer.concat(chunks).equals(content)).toBe(true);
  });

  it("is whole for a provider that holds one chunk at a time, and each chunk gone after", async () => {
    const chunks: Uint8Array[] = [];
    const copies: Uint8Array[] = [];
    await download({
      holdsOneChunk: true,
      async updateContent(data) {
        for await (const chunk of data) {
          await new Promise(setImmediate);
          chunks.push(chunk);
          copies.push(new Uint8Array(chunk));
        }
      },
    });
    expect(Buffer.concat(copies).equals(content)).toBe(true);
    expect(chunks.filter(({ length }) => length > 0).length).toBeLessThan(chunks.length / 2);
  });

  it.each<[string, NonNullable<Reader["serve"]>]>([
    ["in many small parts", ({ response }) => sendInParts(response)],
    ["compressed", ({ response }) => sendCompressed(response)],
  ])("is whole when it is sent %s", async (_, serve) => {
    const copies: Uint8Array[] = [];
    await download({
      holdsOneChunk: true,
      async updateContent(data) {
        for await (const chunk of data) copies.push(new Uint8Array(chunk));
      },
      serve,
    });
    expect(Buffer.concat(copies).equals(content)).toBe(true);
  });
});

/** A chunked answer, several of whose parts come with one read. */
function sendInParts(response: FileRequest["response"]): void {
  response.writeHead(200);
  for (let at = 0; at < content.length; at += 5000) response.write(content.subarray(at, at + 5000));
  response.end();
}

function sendCompressed(response: FileRequest["response"]): void {
  response.writeHead(200, { "content-encoding": "gzip" }).end(gzipSync(content));
}
