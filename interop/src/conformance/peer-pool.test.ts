import { expect, it } from "vitest";
import type { PeerEvent } from "../event-log.ts";
import { CommandRefusedError, createPeerPool, type PeerPool } from "./peer-pool.ts";

/** Says which process it is, refuses "refuse", and ends at "end". */
const program = `
  const say = (event) => console.log(JSON.stringify(event));
  require("node:readline").createInterface({ input: process.stdin }).on("line", (line) => {
    const { command, id } = JSON.parse(line);
    if (command === "end") process.exit(3);
    if (command === "who") say({ event: "pid", pid: process.pid });
    if (command === "refuse") say({ event: "failed", id, error: "no" });
    else say({ event: "done", id });
  });
`;

const start = (): PeerPool =>
  createPeerPool({ name: "peer", command: [process.execPath, "-e", program] });

async function whoIs(pool: PeerPool, command = "who"): Promise<readonly PeerEvent[]> {
  const events: PeerEvent[] = [];
  const lease = pool.take((event) => events.push(event));
  try {
    await lease.request({ command });
  } finally {
    await lease.release();
  }
  return events;
}

it("uses a process again that has been stopped", async () => {
  await using pool = start();
  await pool.warm(1);
  const first = await whoIs(pool);

  expect(await whoIs(pool)).toEqual(first);
});

it("rejects with what a program refuses", async () => {
  await using pool = start();

  await expect(whoIs(pool, "refuse")).rejects.toThrow(CommandRefusedError);
});

it("rejects when a process ends, and starts another", async () => {
  await using pool = start();
  await pool.warm(1);

  await expect(whoIs(pool, "end")).rejects.toThrow("the process has ended (3)");
  expect(await whoIs(pool)).toHaveLength(1);
});
