import { bytesFromInstanceUid, encodeServerToAgent } from "@opamp/protocol";
import { describe, expect, it } from "vitest";
import type { OpAMPClient } from "../src/index.ts";
import { unavailable } from "./_util/problems.ts";
import { createSharedClients, type SharedClients, speakers } from "./_util/shared-clients.ts";

const capability = "com.example.a";

/** Clients that may send custom messages to a server that takes them. */
async function startTalkers(shared: SharedClients, count: number): Promise<readonly OpAMPClient[]> {
  return shared.start(count, { customCapabilities: [capability] });
}

const talking = {
  answer: () => ({ customCapabilities: { capabilities: [capability] } }),
};

describe("messages over a shared connection", () => {
  it("are known to have arrived, each to who sent it [L-09]", async () => {
    await using shared = createSharedClients(talking);
    const clients = await startTalkers(shared, 3);
    shared.session.withholdReceipts();
    const arrived: number[] = [];
    const sent = clients.map((client, i) =>
      client.sendCustomMessage({ capability, type: `${i}` }).then(() => arrived.push(i)),
    );
    await shared.clock.settle();
    expect(arrived).toEqual([]);
    shared.session.confirm();
    await Promise.all(sent);
    expect(arrived).toEqual([0, 1, 2]);
  });

  it("are sent again by whoever does not know that they arrived [L-08 L-09]", async () => {
    await using shared = createSharedClients(talking);
    const [first, second] = await startTalkers(shared, 2);
    await second?.sendCustomMessage({ capability, type: "arrived" });
    shared.session.withholdReceipts();
    const sent = first?.sendCustomMessage({ capability, type: "lost" });
    await shared.clock.settle();
    const said = await shared.during(async () => {
      shared.session.close();
      await shared.clock.advance(1000);
    });
    await sent;
    const repeated = said.filter(({ customMessage }) => customMessage !== undefined);
    expect(speakers(repeated)).toEqual([first?.instanceUid]);
    expect(repeated[0]?.customMessage?.type).toBe("lost");
  });

  it.each(["one of them", "nobody"])(
    "are sent again by all when the server has no room and names %s [C-225 L-08 L-09 L-18]",
    async (named) => {
      await using shared = createSharedClients(talking);
      const clients = await startTalkers(shared, 3);
      const [first] = clients;
      shared.session.withholdReceipts();
      const sent = clients.map((client, i) =>
        client.sendCustomMessage({ capability, type: `${i}` }),
      );
      await shared.clock.settle();
      const uid = named === "nobody" ? undefined : bytesFromInstanceUid(first?.instanceUid ?? "");
      const said = await shared.during(async () => {
        const instanceUid = uid && { instanceUid: uid };
        shared.session.send(encodeServerToAgent({ ...unavailable(1n), ...instanceUid }));
        shared.session.confirm();
        await shared.clock.advance(1000);
      });
      await Promise.all(sent);
      const repeated = said.flatMap(({ customMessage }) => customMessage?.type ?? []);
      expect(repeated.sort()).toEqual(["0", "1", "2"]);
    },
  );

  it("go in turns, whoever has many [L-30]", async () => {
    await using shared = createSharedClients(talking);
    const [busy, ...others] = await startTalkers(shared, 4);
    const said = await shared.during(async () => {
      const many = Array.from({ length: 20 }, (_, i) =>
        busy?.sendCustomMessage({ capability, type: `${i}` }),
      );
      const few = others.map((client) => client.sendCustomMessage({ capability, type: "x" }));
      await Promise.all([...many, ...few]);
    });
    const order = speakers(said);
    expect(order).toHaveLength(23);
    for (const { instanceUid } of others) expect(order.indexOf(instanceUid)).toBeLessThan(5);
    const own = said.filter((message) => speakers([message])[0] === busy?.instanceUid);
    expect(own.map(({ customMessage }) => customMessage?.type)).toEqual(
      Array.from({ length: 20 }, (_, i) => `${i}`),
    );
  });

  it("are made when their turn comes: what was set meanwhile is one message [L-30]", async () => {
    await using shared = createSharedClients();
    const clients = await shared.start(3);
    shared.session.stall();
    clients[0]?.setCustomCapabilities(["com.example.blocked"]);
    await shared.clock.settle();
    for (const name of ["one", "two", "three"]) {
      for (const client of clients.slice(1)) client.setCustomCapabilities([`com.example.${name}`]);
      await shared.clock.settle();
    }
    const said = await shared.during(() => shared.session.resume());
    expect(said.map(({ customCapabilities }) => customCapabilities?.capabilities)).toEqual([
      ["com.example.blocked"],
      ["com.example.three"],
      ["com.example.three"],
    ]);
  });

  it("that are too large are the trouble of one [C-21 L-08]", async () => {
    await using shared = createSharedClients(talking);
    const clients = await shared.start(2, {
      customCapabilities: [capability],
      limits: { maxSendBytes: 500 },
    });
    const [first, second] = clients;
    const data = new Uint8Array(1000);
    await expect(first?.sendCustomMessage({ capability, data })).rejects.toMatchObject({
      code: "message-too-large",
    });
    await second?.sendCustomMessage({ capability });
    expect(clients.map(({ status }) => status.state)).toEqual(["online", "online"]);
  });
});
