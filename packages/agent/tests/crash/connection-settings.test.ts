import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import type { ConnectionSettingsOffersInit, InstanceUid } from "@opamp/protocol";
import { eventually } from "@opamp/test-kit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type AgentProcesses, createAgentProcesses } from "../_util/agent-process.ts";
import {
  type NamedPoint,
  type Operation,
  pointsOf,
  problemsAtPoints,
} from "../_util/crash-points.ts";
import { createSettingsAgent } from "../_util/settings-agent.ts";
import { ServerLog, type SettingsServer, startSettingsServer } from "../_util/settings-server.ts";
import { temporaryDirectory } from "../_util/state-directory.ts";

/** Processes start and die by the dozen: each may have to wait for its turn. */
const PATIENT = { timeoutMs: 30_000 };

let processes: AgentProcesses;
let refusing: SettingsServer;
beforeAll(async () => {
  processes = createAgentProcesses("settings-crash-program.ts");
  const log = new ServerLog();
  refusing = await startSettingsServer({ name: "refusing", log, reception: "refuses with 401" });
});
afterAll(async () => {
  processes[Symbol.dispose]();
  await refusing[Symbol.asyncDispose]();
});

/** The server that the program names, and the one that is offered; both see the same agent. */
interface Fleet extends AsyncDisposable {
  readonly log: ServerLog;
  readonly given: SettingsServer;
  readonly offered: SettingsServer;
}

async function startFleet(): Promise<Fleet> {
  const log = new ServerLog();
  const given = await startSettingsServer({ name: "given", log });
  const offered = await startSettingsServer({ name: "offered", log });
  return {
    log,
    given,
    offered,
    async [Symbol.asyncDispose]() {
      await Promise.all([given[Symbol.asyncDispose](), offered[Symbol.asyncDispose]()]);
    },
  };
}

/** Endpoint, header and the other connection belong together: the latter say the name of the settings. */
function settingsOf(name: string, { url }: SettingsServer): ConnectionSettingsOffersInit {
  const headers = { headers: [{ key: "x-settings", value: name }] };
  return {
    opamp: { destinationEndpoint: url, headers },
    otherConnections: { other: { destinationEndpoint: name } },
  };
}

/**
 * What an agent goes through: its first start, a switch to a good server, a restart in order, a
 * switch to one that refuses, the end. Ends early when the process does.
 */
async function live({ log, given, offered }: Fleet, child: ChildProcess): Promise<void> {
  const died = once(child, "exit").then(() => true);
  const reaches = async (server: SettingsServer, status: string): Promise<boolean> => {
    const reached = log.until(() => server.told.at(-1) === status).then(() => false);
    return !(await Promise.race([died, reached]));
  };
  given.want("good", settingsOf("good", offered));
  if (!(await reaches(offered, "APPLIED good"))) return;
  child.send("restart");
  offered.want("bad", settingsOf("bad", refusing));
  if (!(await reaches(offered, "FAILED bad"))) return;
  child.send("stop");
  await died;
}

/** The operations of a life without a crash. */
async function recordOperations(): Promise<readonly Operation[]> {
  await using fleet = await startFleet();
  const child = processes.start(fleet.given.url, temporaryDirectory());
  const operations: Operation[] = [];
  child.on("message", (message) => operations.push(message as unknown as Operation));
  await live(fleet, child);
  return operations;
}

/** Dies at one point, is started again, and says what is wrong. */
async function problemsAfterCrash({ point }: NamedPoint): Promise<readonly string[]> {
  await using fleet = await startFleet();
  const directory = temporaryDirectory();
  const child = processes.start(fleet.given.url, directory, point);
  await live(fleet, child);
  if (child.signalCode !== "SIGKILL") return [`ended with ${child.exitCode}`];
  return await problemsOfNextRun(fleet, directory, {
    uids: [...fleet.log.uids],
    given: fleet.given.told.at(-1),
    offered: fleet.offered.told.at(-1),
  });
}

/** What the servers had heard before the crash. */
interface Past {
  readonly uids: readonly InstanceUid[];
  readonly given: string | undefined;
  readonly offered: string | undefined;
}

/** With which server an agent may be after that, what it may say there, and which other connection it has. */
function truthsAfter({ given, offered }: Past): readonly string[] {
  if (offered === "APPLYING bad" || offered === "FAILED bad") return ["offered FAILED bad good"];
  // What was offered may have been stored, before the server could hear of it.
  if (offered === "APPLIED good") {
    return ["offered APPLIED good good", "offered FAILED bad good"];
  }
  if (offered === "APPLYING good" || given === "APPLYING good") {
    return ["offered APPLIED good good"];
  }
  return ["given undefined undefined", "offered APPLIED good good"];
}

/** Starts again with servers that offer nothing, and compares what is said with what is. */
async function problemsOfNextRun(
  { log, given, offered }: Fleet,
  stateDirectory: string,
  past: Past,
): Promise<readonly string[]> {
  given.forget();
  offered.forget();
  log.lastServer = "";
  await using again = await createSettingsAgent({ serverUrl: given.url, stateDirectory });
  const { instanceUid } = again.agent;
  await again.agent.start();
  const server = (): SettingsServer => (log.lastServer === "offered" ? offered : given);
  await eventually(() => {
    const said = `${log.lastServer} ${server().told.at(-1)} ${again.other}`;
    expect(truthsAfter(past)).toContain(said);
  }, PATIENT);
  const { cameWith } = server();
  const belongs = log.lastServer === "offered" ? "good" : "given";
  // Whatever happened, it can be led on from here.
  server().want("last", settingsOf("last", offered));
  await eventually(() => {
    const said = `${offered.told.at(-1)} ${offered.cameWith} ${again.other}`;
    expect(said).toBe("APPLIED last last last");
  }, PATIENT);
  return [
    ...(cameWith === belongs ? [] : [`came to ${log.lastServer} with ${cameWith}`]),
    ...(past.uids.some((uid) => uid !== instanceUid) ? ["forgot its uid"] : []),
    ...(log.mostOpen > 1 ? ["had several connections at once"] : []),
  ];
}

describe("an agent that is killed", () => {
  it("at any operation on its disk has the old or the new settings, and the server learns one true status [C-111 C-116 C-118 L-14]", async () => {
    const points = pointsOf(await recordOperations());
    expect(points.length).toBeGreaterThanOrEqual(60);
    expect(await problemsAtPoints(points, problemsAfterCrash)).toEqual([]);
  });
});
