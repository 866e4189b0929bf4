import { expect, it } from "vitest";
import type { PeerEvent } from "./event-log.ts";
import { startPeerProcess } from "./peer-process.ts";

const start = (script: string): ReturnType<typeof startPeerProcess<PeerEvent>> =>
  startPeerProcess({ name: "peer", command: [process.execPath, "-e", script] });

const echo = `
  require("node:readline").createInterface({ input: process.stdin }).on("line", (line) => {
    const { command, ...rest } = JSON.parse(line);
    console.log(JSON.stringify({ event: command, ...rest }));
  });
`;

it("passes commands in and events out", async () => {
  await using peer = start(echo);

  peer.command({ command: "echo", value: 1 });

  expect(await peer.events.find("echo", (event) => event)).toEqual({ event: "echo", value: 1 });
});

it("tells of the end of a program with its exit code and stderr", async () => {
  await using peer = start(`process.stderr.write("no such port"); process.exitCode = 3;`);

  await expect(peer.events.find("event", (event) => event)).rejects.toThrow(
    /ended \(3\).*no such port/s,
  );
});

it("tells of a line that is no event", async () => {
  await using peer = start(`console.log("hello"); process.stdin.resume();`);

  await expect(peer.events.find("event", (event) => event)).rejects.toThrow("wrote hello");
});

it("tells of a program that is not there", async () => {
  await using peer = startPeerProcess({ name: "peer", command: ["./no-such-program"] });

  await expect(peer.events.find("event", (event) => event)).rejects.toThrow("ENOENT");
});
