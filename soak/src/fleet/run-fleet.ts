import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { describeThrown } from "@opamp/protocol";
import type { TrackedAgent } from "@opamp/server";
import { eventually } from "@opamp/test-kit";
import type { Check } from "../checks.ts";
import { configText } from "./config-text.ts";
import { createFleet, type FleetSize } from "./create-fleet.ts";
import { agentsInFile } from "./file-store.ts";
import type { FleetAgent } from "./fleet-agent.ts";
import { startLoad } from "./load.ts";
import type { ServerDump } from "./server-messages.ts";
import { ServerProcess } from "./server-process.ts";

/** How long a fleet has to be back and known in full. */
const REST = { timeoutMs: 120_000 };

/** Between one thing that happens to the server and the next. */
const LOAD_MS = 2000;

const DRAIN_MS = 3000;

type Agents = ReadonlyMap<string, TrackedAgent>;

/** A fleet at work, and a server that goes and comes back in every way there is. */
export async function runFleet(size: FleetSize): Promise<readonly Check[]> {
  const crashes: unknown[] = [];
  const onCrash = (thrown: unknown): number => crashes.push(thrown);
  process.on("uncaughtException", onCrash).on("unhandledRejection", onCrash);
  const directory = mkdtempSync(join(tmpdir(), "opamp-fleet-"));
  try {
    const checks = await new FleetRun(size, join(directory, "agents")).run();
    const [crash] = crashes.map(describeThrown);
    return [...checks, { what: "no crash and no unhandled rejection", problem: crash }];
  } finally {
    rmSync(directory, { recursive: true });
  }
}

class FleetRun {
  readonly #size: FleetSize;
  readonly #storeFile: string;
  readonly #checks: Check[] = [];
  #agents: readonly FleetAgent[] = [];
  #revision = 1;
  #port = 0;

  constructor(size: FleetSize, storeFile: string) {
    this.#size = size;
    this.#storeFile = storeFile;
  }

  async run(): Promise<readonly Check[]> {
    let server = await this.#startServer();
    this.#agents = createFleet(this.#port, this.#size);
    await Promise.all(this.#agents.map(({ client }) => client.start()));
    await this.#atRest("start", server);

    await this.#underLoad(server, () => server.kill());
    server = await this.#startServer();
    await this.#atRest("killed, and started again with its store", server);

    await this.#underLoad(server, () => server.kill());
    server = await this.#startServer("no store");
    await this.#atRest("killed, and started again without a store", server);

    await this.#underLoad(server, () => this.#closes("restart", server.close(0)));
    server = await this.#startServer();
    await this.#atRest("restarted with a store that is out of date", server);

    await this.#underLoad(server, () => this.#closes("drain", server.close(DRAIN_MS)));
    server = await this.#startServer();
    await this.#atRest("drained, and started again with its store", server);

    await Promise.all(this.#agents.map(({ client }) => client.stop()));
    await this.#closes("end", server.close(0));
    this.#compareStore();
    return this.#checks;
  }

  async #startServer(store: "store" | "no store" = "store"): Promise<ServerProcess> {
    const server = await ServerProcess.start({
      port: this.#port,
      storeFile: store === "store" ? this.#storeFile : undefined,
      revision: this.#revision,
    });
    this.#port = server.port;
    return server;
  }

  /** Agents go on changing while the server goes, and while it is away. */
  async #underLoad(server: ServerProcess, end: () => Promise<void>): Promise<void> {
    const load = startLoad(this.#agents);
    await wait(LOAD_MS);
    this.#revision += 1;
    server.revise(this.#revision);
    await wait(LOAD_MS / 5);
    await end();
    await wait(LOAD_MS / 5);
    load.stop();
  }

  async #closes(what: string, closed: Promise<number | null>): Promise<void> {
    const code = await closed;
    const problem = code === 0 ? undefined : `it ended with ${code}`;
    this.#checks.push({ what: `${what}: the server ended in order`, problem });
  }

  /** Waits until what the server knows is what the agents are. */
  async #atRest(what: string, server: ServerProcess): Promise<void> {
    const startMs = performance.now();
    let dump: ServerDump | undefined;
    let problem: string | undefined;
    try {
      await eventually(async () => {
        await wait(500);
        this.#assertConfigured();
        dump = await server.dump();
        const wrong = this.#problemOf(new Map(dump.agents.map((agent) => [agent.uid, agent])));
        if (wrong !== undefined) throw new Error(wrong);
      }, REST);
    } catch (thrown) {
      problem = String(thrown);
    }
    const seconds = ((performance.now() - startMs) / 1000).toFixed(1);
    const asked = dump?.fullStateRequests;
    this.#checks.push(
      {
        what: `${what}: each of ${this.#agents.length} agents is known as it is after ${seconds} s; ${asked} were asked for full state`,
        problem,
      },
      {
        what: `${what}: no agent got another uid`,
        problem: dump?.uidsAssigned === 0 ? undefined : `${dump?.uidsAssigned} did`,
      },
    );
  }

  /** Throws while agents lack their config: then there is no need to ask the server. */
  #assertConfigured(): void {
    const late = this.#agents.filter(
      ({ uid, config }) => config !== configText(uid, this.#revision),
    );
    if (late.length > 0) throw new Error(`${late.length} agents have an old config`);
  }

  /** What the file says when all is over: each agent as it was. */
  #compareStore(): void {
    const stored = agentsInFile(this.#storeFile);
    const wrong = this.#agents.flatMap((agent) => {
      const difference = agent.differenceFrom(stored.get(agent.uid));
      return difference === undefined ? [] : `${agent.uid} ${difference}`;
    });
    const isRight = wrong.length === 0 && stored.size === this.#agents.length;
    this.#checks.push({
      what: `the store and the agents agree part by part on all ${stored.size} of them`,
      problem: isRight ? undefined : `${wrong.length} are wrong: ${wrong[0]}`,
    });
  }

  #problemOf(known: Agents): string | undefined {
    if (known.size !== this.#agents.length) return `${known.size} agents are known`;
    const wrong = this.#agents.flatMap((agent) => this.#problemOfAgent(agent, known) ?? []);
    return wrong.length === 0 ? undefined : `${wrong.length} agents are wrong: ${wrong[0]}`;
  }

  #problemOfAgent(agent: FleetAgent, known: Agents): string | undefined {
    const { uid } = agent;
    const tracked = known.get(uid);
    const presence = tracked?.presence;
    if (presence !== "connected" && presence !== "polling") return `${uid} is ${presence}`;
    const difference = agent.differenceFrom(tracked);
    return difference && `${uid} ${difference}`;
  }
}
