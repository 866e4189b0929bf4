import { spawn } from "node:child_process";
import { globSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createOpAMPServer } from "@opamp/server";
import { generateCertificateAuthority } from "@opamp/server/certificate-authority";
import { createCertificateAuthority, eventually } from "@opamp/test-kit";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { readSource, root } from "./lib/source-imports.ts";

interface Sample {
  readonly name: string;
  readonly code: string;
}

/** Each `ts` block of the documents that is whole: `declare` stands for a program's own parts. */
function wholeSamples(): readonly Sample[] {
  const documents = globSync(["*.md", "docs/*.md", "packages/*/README.md"], { cwd: root });
  return documents.sort().flatMap((document) => {
    const blocks = [...readSource(document).matchAll(/^```ts\n(.*?)^```/gms)];
    const samples = blocks.map(([, code = ""], i) => ({
      name: `${document}, sample ${i + 1}`,
      code,
    }));
    return samples.filter(({ code }) => !/^declare /m.test(code));
  });
}

/** The servers that the documents speak of. */
const serverUrls = /"(?:wss?|https?):\/\/(?:[a-z.]*fleet\.example\.com|localhost:4320)[^"]*"/g;

const directory = mkdtempSync(join(tmpdir(), "opamp-samples-"));
symlinkSync(join(root, "node_modules"), join(directory, "node_modules"));
writeFileSync(join(directory, "package.json"), '{ "type": "module" }');

/** The agents that were heard, by what the URL of their sample says. */
const heard = new Set<string>();
const server = createOpAMPServer({
  path: "/v1/opamp",
  callbacks: {
    onMessage({ request }) {
      heard.add(new URL(request.url, "ws://localhost").searchParams.get("sample") ?? "");
    },
  },
});
let port = 0;
beforeAll(async () => {
  const authority = await createCertificateAuthority();
  const { cert, key } = await authority.issueServer();
  const agents = await generateCertificateAuthority();
  const files = {
    "server.pem": cert,
    "server.key": key,
    "agents-ca.pem": agents.certificate,
    "agents-ca.key": agents.key,
  };
  const texts = { "edge-1.5.0": "the package", "greeting.txt": "good morning" };
  for (const [name, content] of Object.entries({ ...files, ...texts })) {
    writeFileSync(join(directory, name), content);
  }
  ({ port } = await server.listen({ port: 0, host: "127.0.0.1" }));
});
afterAll(async () => {
  await server.close({ deadlineMs: 1000 });
  rmSync(directory, { recursive: true });
});

/** The sample on this machine: its own place for state, a free port, and the server of this test. */
function localised({ code }: Sample, id: string): string {
  const state = join(directory, `state-${id}`);
  mkdirSync(state);
  const local = code
    .replaceAll(serverUrls, `"ws://127.0.0.1:${port}/v1/opamp?sample=${id}"`)
    .replaceAll(/"\/var\/lib\/[^"]*"/g, JSON.stringify(state))
    .replaceAll("port: 4320", 'port: 0, host: "127.0.0.1"');
  return `${local}\nconsole.log("the end of the sample");\nexport {};\n`;
}

describe("the samples of the documents run", () => {
  it.each(wholeSamples().map((sample, i) => ({ ...sample, id: `${i}` })))(
    "$name",
    { timeout: 30_000 },
    async ({ id, ...sample }) => {
      const file = join(directory, `sample-${id}.ts`);
      writeFileSync(file, localised(sample, id));
      const child = spawn(process.execPath, ["--conditions=@opamp/source", file], {
        cwd: directory,
      });
      onTestFinished(() => void child.kill("SIGKILL"));
      let output = "";
      for (const stream of [child.stdout, child.stderr]) {
        stream.on("data", (chunk: Buffer) => {
          output += chunk.toString();
        });
      }
      const isAgent = sample.code.includes("serverUrl");
      await eventually(
        () => {
          expect(output).not.toMatch(/^\s+at .*:\d+:\d+/m);
          expect(isAgent ? heard.has(id) : output.includes("the end of the sample")).toBe(true);
        },
        { timeoutMs: 20_000 },
      );
    },
  );
});
