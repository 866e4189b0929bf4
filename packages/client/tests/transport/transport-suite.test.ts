import { OpAMPError } from "@opamp/protocol";
import { eventually } from "@opamp/test-kit";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { bytes, connectClient } from "./_util/client-end.ts";
import {
  httpFixture,
  MAX_RECEIVE_BYTES,
  memoryFixture,
  type TransportFixture,
  webSocketFixture,
} from "./_util/fixtures.ts";

const kinds: readonly (readonly [string, () => Promise<TransportFixture>])[] = [
  ["websocket", webSocketFixture],
  ["http", httpFixture],
  ["memory", () => memoryFixture(false)],
  ["memory that polls", () => memoryFixture(true)],
];

describe.each(kinds)("the %s transport", (_name, start) => {
  let fixture: TransportFixture;
  beforeEach(async () => {
    fixture = await start();
  });
  afterEach(() => fixture[Symbol.asyncDispose]());

  const exchange = async (
    client: Awaited<ReturnType<typeof connectClient>>,
    message: Uint8Array,
    answer: Uint8Array,
  ): Promise<void> => {
    const before = fixture.received().length;
    const sent = client.session.send(message);
    await eventually(() => expect(fixture.received()).toHaveLength(before + 1));
    await fixture.send(answer);
    await sent;
  };

  it("carries messages both ways, whole and in order [W-19]", async () => {
    const client = await connectClient(fixture.transport);
    await exchange(client, bytes(1), bytes(10, 11));
    await exchange(client, bytes(2, 2), bytes());
    await exchange(client, bytes(), bytes(30));
    await eventually(() => expect(client.messages).toHaveLength(3));
    expect(fixture.received().map((message) => [...message])).toEqual([[1], [2, 2], []]);
    expect(client.messages.map((message) => [...message])).toEqual([[10, 11], [], [30]]);
    await client.session.close();
  });

  it("closes once, without an error, however often it is asked", async () => {
    const client = await connectClient(fixture.transport);
    await exchange(client, bytes(1), bytes(1));
    await Promise.all([client.session.close(), client.session.close()]);
    await client.session.close();
    expect(await client.closed).toBeUndefined();
    expect(client.closeCalls).toBe(1);
    await eventually(() => expect(fixture.open()).toBe(0));
  });

  it("closes a session that carried nothing", async () => {
    const client = await connectClient(fixture.transport);
    await client.session.close();
    expect(await client.closed).toBeUndefined();
    await eventually(() => expect(fixture.open()).toBe(0));
  });

  it("rejects a send after close", async () => {
    const client = await connectClient(fixture.transport);
    await client.session.close();
    await expect(client.session.send(bytes(1))).rejects.toMatchObject({ code: "invalid-state" });
    expect(fixture.received()).toEqual([]);
  });

  it("ends with connection-lost when the peer drops [C-221]", async () => {
    const client = await connectClient(fixture.transport);
    const sent = client.session.send(bytes(1)).catch((error: unknown) => error);
    await eventually(() => expect(fixture.received()).toHaveLength(1));
    await fixture.drop();
    const error = await client.closed;
    expect(error).toMatchObject({ code: "connection-lost", retryable: true });
    expect(await sent).toBe(fixture.transport.pollsForMessages ? error : undefined);
    await expect(client.session.send(bytes(2))).rejects.toBe(error);
    await client.session.close();
    expect(client.closeCalls).toBe(1);
  });

  it("makes a new session after one was lost", async () => {
    const lost = await connectClient(fixture.transport);
    lost.session.send(bytes(1)).catch(() => "lost with the session");
    await eventually(() => expect(fixture.received()).toHaveLength(1));
    await fixture.drop();
    await lost.closed;
    const client = await connectClient(fixture.transport);
    await exchange(client, bytes(2), bytes(20));
    await eventually(() => expect(client.messages).toHaveLength(1));
    expect(lost.messages).toEqual([]);
    await client.session.close();
  });

  it("refuses a message above the receive limit and ends [C-05 C-06 C-22 C-23 C-24]", async () => {
    const client = await connectClient(fixture.transport);
    const sent = client.session.send(bytes(1)).catch((error: unknown) => error);
    await eventually(() => expect(fixture.received()).toHaveLength(1));
    await fixture.send(new Uint8Array(MAX_RECEIVE_BYTES + 1));
    const error = await client.closed;
    expect(error).toMatchObject({ code: "message-too-large" });
    expect(await sent).toBe(fixture.transport.pollsForMessages ? error : undefined);
    expect(client.messages).toEqual([]);
    await eventually(() => expect(fixture.open()).toBe(0));
  });

  it("ends when a message is not taken, as when it cannot be decoded [L-03]", async () => {
    const failure = new OpAMPError("malformed-message", "not a ServerToAgent");
    const client = await connectClient(fixture.transport, {
      onMessage: () => {
        throw failure;
      },
    });
    const sent = client.session.send(bytes(1)).catch((error: unknown) => error);
    await eventually(() => expect(fixture.received()).toHaveLength(1));
    await fixture.send(bytes(2));
    expect(await client.closed).toBe(failure);
    expect(await sent).toBe(fixture.transport.pollsForMessages ? failure : undefined);
    await eventually(() => expect(fixture.open()).toBe(0));
  });

  it("takes a message just below the receive limit", async () => {
    const client = await connectClient(fixture.transport);
    await exchange(client, bytes(1), new Uint8Array(MAX_RECEIVE_BYTES - 1));
    await eventually(() => expect(client.messages[0]).toHaveLength(MAX_RECEIVE_BYTES - 1));
    await client.session.close();
  });

  it("rejects with aborted when the signal has fired, and connects to nothing [L-21]", async () => {
    const signal = AbortSignal.abort();
    await expect(connectClient(fixture.transport, { signal })).rejects.toMatchObject({
      code: "aborted",
    });
    expect(fixture.open()).toBe(0);
  });
});
