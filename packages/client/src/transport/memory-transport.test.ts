import { OpAMPError } from "@opamp/protocol";
import { describe, expect, it } from "vitest";
import { createMemoryTransportPair } from "./memory-transport.ts";
import type { ConnectOptions } from "./transport.ts";

function connectOptions(overrides: Partial<ConnectOptions> = {}): ConnectOptions {
  return {
    signal: new AbortController().signal,
    instanceUid: () => "uid",
    onMessage: () => {},
    onClose: () => {},
    ...overrides,
  };
}

const message = Uint8Array.of(1);

describe("createMemoryTransportPair", () => {
  it("refuses the next connects with the errors given", async () => {
    const { transport, server } = createMemoryTransportPair();
    const refusal = new OpAMPError("unauthorized", "no", { status: 401 });
    server.refuseNext(refusal);
    await expect(transport.connect(connectOptions())).rejects.toBe(refusal);
    await transport.connect(connectOptions());
    expect(server.attempts).toBe(2);
    expect(server.sessions).toHaveLength(1);
  });

  it("leaves connects waiting while stalled, until the signal fires", async () => {
    const { transport, server } = createMemoryTransportPair();
    server.stall();
    const controller = new AbortController();
    const aborted = transport.connect(connectOptions({ signal: controller.signal }));
    const waiting = transport.connect(connectOptions());
    controller.abort();
    await expect(aborted).rejects.toMatchObject({ code: "aborted" });
    server.resume();
    await waiting;
    expect(server.sessions).toHaveLength(1);
  });

  it("keeps sends waiting while the session is stalled", async () => {
    const { transport, server } = createMemoryTransportPair();
    const session = await transport.connect(connectOptions());
    server.sessions[0]?.stall();
    const sent = session.send(message);
    expect(server.sessions[0]?.messages).toEqual([]);
    server.sessions[0]?.resume();
    await sent;
    expect(server.sessions[0]?.messages).toEqual([message]);
    expect(server.sessions[0]?.instanceUids).toEqual(["uid"]);
  });

  it("cuts a stalled session when the signal of close fires", async () => {
    const { transport, server } = createMemoryTransportPair();
    const session = await transport.connect(connectOptions());
    server.sessions[0]?.stall();
    const sent = session.send(message);
    const controller = new AbortController();
    const closed = session.close(1000, controller.signal);
    controller.abort();
    await expect(sent).rejects.toMatchObject({ code: "aborted" });
    await closed;
    expect(server.sessions[0]?.ended).toEqual({ by: "client", code: 1000 });
  });

  it("fails the next send, and ends the session with the same error", async () => {
    const { transport, server } = createMemoryTransportPair();
    const closed = Promise.withResolvers<OpAMPError | undefined>();
    const session = await transport.connect(connectOptions({ onClose: closed.resolve }));
    const failure = new OpAMPError("connection-lost", "broken pipe");
    server.sessions[0]?.failNextSend(failure);
    await expect(session.send(message)).rejects.toBe(failure);
    expect(await closed.promise).toBe(failure);
  });

  it("keeps the session after a send that was too large", async () => {
    const { transport, server } = createMemoryTransportPair();
    const session = await transport.connect(connectOptions());
    server.sessions[0]?.failNextSend(new OpAMPError("message-too-large", "413", { status: 413 }));
    await expect(session.send(message)).rejects.toMatchObject({ code: "message-too-large" });
    await session.send(message);
    expect(server.sessions[0]?.messages).toEqual([message]);
  });

  it("answers from a script, and only when asked if the client polls", async () => {
    const heard: Uint8Array[] = [];
    const { transport, server } = createMemoryTransportPair({
      pollsForMessages: true,
      onMessage: (asked, session) => session.send(asked),
    });
    expect(transport.pollsForMessages).toBe(true);
    const session = await transport.connect(connectOptions({ onMessage: (m) => heard.push(m) }));
    await session.send(message);
    expect(heard).toEqual([message]);
    expect(() => server.sessions[0]?.send(message)).toThrow(
      expect.objectContaining({ code: "invalid-state" }),
    );
  });
});
