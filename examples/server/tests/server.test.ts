import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createOpAMPClient, type OpAMPClient } from "@opamp/client";
import { RemoteConfigStatuses } from "@opamp/protocol";
import { createCertificateAuthority, eventually } from "@opamp/test-kit";
import { describe, expect, it, onTestFinished } from "vitest";

/** Processes take a while to start on a busy machine. */
const PATIENT = { timeoutMs: 60_000 };

interface Running {
  readonly child: ChildProcess;
  readonly directory: string;
  url(): Promise<string>;
  output(): string;
}

function startServer(args: readonly string[] = [], env: NodeJS.ProcessEnv = {}): Running {
  const directory = mkdtempSync(join(tmpdir(), "opamp-server-"));
  writeFileSync(join(directory, "edge.yaml"), "for: all\n");
  writeFileSync(join(directory, "edge.production.yaml"), "for: production\n");
  const main = join(import.meta.dirname, "../src/main.ts");
  const options = ["--port", "0", "--configs", directory, ...args];
  const child = spawn(process.execPath, ["--conditions=@opamp/source", main, ...options], {
    env: { ...process.env, ...env },
  });
  onTestFinished(() => {
    child.kill("SIGKILL");
    rmSync(directory, { recursive: true });
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk: Buffer) => {
      output += chunk.toString();
    });
  }
  const url = (): Promise<string> =>
    eventually(() => {
      const found = /wss?:\S+/.exec(output)?.[0];
      if (found === undefined) throw new Error(`no address in: ${output}`);
      return found;
    }, PATIENT);
  return { child, directory, url, output: () => output };
}

interface Told {
  readonly client: OpAMPClient;
  readonly configs: string[];
}

async function startAgent(
  serverUrl: string,
  environment: string,
  settings: { headers?: Record<string, string>; tls?: { ca: string } } = {},
): Promise<Told> {
  const configs: string[] = [];
  const client = createOpAMPClient({
    serverUrl,
    ...settings,
    agentDescription: {
      identifyingAttributes: { "service.name": "edge" },
      nonIdentifyingAttributes: { "deployment.environment.name": environment },
    },
    capabilities: ["ReportsHealth", "AcceptsRemoteConfig", "ReportsRemoteConfig"],
    health: { healthy: true },
    callbacks: {
      onMessage({ remoteConfig }) {
        if (remoteConfig === undefined) return;
        const file = remoteConfig.config?.configMap["config.yaml"];
        configs.push(new TextDecoder().decode(file?.body));
        const lastRemoteConfigHash = remoteConfig.configHash;
        client.setRemoteConfigStatus({
          lastRemoteConfigHash,
          status: RemoteConfigStatuses.APPLIED,
        });
      },
    },
  });
  onTestFinished(() => client.stop());
  await client.start();
  return { client, configs };
}

describe("the example server", { timeout: 150_000 }, () => {
  it("gives each agent the config of its kind, again when that changes, and prints how it is", async () => {
    const server = startServer();
    const url = await server.url();
    const special = await startAgent(url, "production");
    const plain = await startAgent(url, "test");
    await eventually(() => {
      expect(special.configs).toEqual(["for: production\n"]);
      expect(plain.configs).toEqual(["for: all\n"]);
      expect(server.output()).toContain(`edge ${plain.client.instanceUid} connected`);
      expect(server.output()).toContain(`edge ${plain.client.instanceUid} healthy`);
      expect(server.output()).toContain(`edge ${plain.client.instanceUid} config APPLIED`);
    }, PATIENT);
    special.client.setHealth({ healthy: false, lastError: "no disk" });
    writeFileSync(join(server.directory, "edge.yaml"), "for: all, new\n");
    server.child.kill("SIGHUP");
    await eventually(() => {
      expect(server.output()).toContain(`edge ${special.client.instanceUid} sick: no disk`);
      expect(plain.configs).toEqual(["for: all\n", "for: all, new\n"]);
    }, PATIENT);
    expect(special.configs).toEqual(["for: production\n"]);
  });

  it("takes only agents with its token over TLS, and ends in order on SIGTERM", async () => {
    const authority = await createCertificateAuthority();
    const certificate = await authority.issueServer();
    const files = mkdtempSync(join(tmpdir(), "opamp-server-tls-"));
    onTestFinished(() => rmSync(files, { recursive: true }));
    const [cert, key] = [join(files, "cert.pem"), join(files, "key.pem")];
    writeFileSync(cert, certificate.cert);
    writeFileSync(key, certificate.key);
    const server = startServer(["--cert", cert, "--key", key], { OPAMP_TOKEN: "secret" });
    const url = await server.url();
    expect(url).toMatch(/^wss:/);
    const tls = { ca: authority.cert };
    const stranger = await startAgent(url, "test", { tls });
    const friend = await startAgent(url, "test", {
      tls,
      headers: { authorization: "Bearer secret" },
    });
    await eventually(() => expect(friend.configs).toHaveLength(1), PATIENT);
    expect(server.output()).not.toContain(stranger.client.instanceUid);
    server.child.kill("SIGTERM");
    expect(await once(server.child, "exit")).toEqual([0, null]);
  });

  it.each([
    ["a certificate without its key", ["--cert", "cert.pem"], "--cert and --key go together"],
    ["a directory that is not there", ["--configs", "missing"], "ENOENT"],
    ["a port that is none", ["--port", "http"], "options.port"],
    ["an option that there is none of", ["--colour"], "--colour"],
  ])("does not start with %s, and says so in a line", async (_, args, why) => {
    const server = startServer(args);
    expect(await once(server.child, "close")).toEqual([1, null]);
    const [problem, hint, ...rest] = server.output().split("\n");
    expect(problem).toContain(why);
    expect([hint, ...rest]).toEqual(["See npm run server -- --help", ""]);
  });

  it("ends when npm, which started it, is asked to end by SIGTERM", async () => {
    const directory = mkdtempSync(join(tmpdir(), "opamp-server-npm-"));
    onTestFinished(() => rmSync(directory, { recursive: true }));
    const cwd = join(import.meta.dirname, "../../..");
    const npm = spawn("npm", ["run", "server", "--", "--port=0", `--configs=${directory}`], {
      cwd,
    });
    onTestFinished(() => void npm.kill("SIGKILL"));
    let output = "";
    npm.stdout.on("data", (chunk: Buffer) => {
      output += chunk.toString();
    });
    const processId = await eventually(() => {
      const found = /process (\d+):/.exec(output)?.[1];
      if (found === undefined) throw new Error(`no process in: ${output}`);
      return Number(found);
    }, PATIENT);
    npm.kill("SIGTERM");
    await eventually(() => expect(() => process.kill(processId, 0)).toThrow("ESRCH"), PATIENT);
  });
});
