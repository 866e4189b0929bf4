import { expect, it } from "vitest";
import { createEventLog, type FailedEvent } from "./event-log.ts";

type Event = { readonly event: "ready"; readonly port: number } | FailedEvent;

const port = (event: Event): number | undefined =>
  event.event === "ready" ? event.port : undefined;

it("finds an event that has been and one that will be", async () => {
  const log = createEventLog<Event>({ name: "peer" });
  log.push({ event: "ready", port: 1 });
  const second = log.find("second port", port, { after: 1 });
  log.push({ event: "ready", port: 2 });

  expect(await log.find("port", port)).toBe(1);
  expect(await second).toBe(2);
});

it("shows the events and the notes when a command has failed", async () => {
  const log = createEventLog<Event>({ name: "peer", notes: () => "a note" });
  log.push({ event: "failed", command: "listen", error: "port in use" });

  await expect(log.find("port", port)).rejects.toThrow(
    /peer: no port: a command failed.*port in use.*a note/s,
  );
});

it("waits no longer than the time or the end of the events", async () => {
  const log = createEventLog<Event>({ name: "peer" });
  await expect(log.find("port", port, { timeoutMs: 1 })).rejects.toThrow("1 ms have passed");

  const waiting = log.find("port", port);
  log.end("the process has ended (1)");
  await expect(waiting).rejects.toThrow("the process has ended (1)");
});
