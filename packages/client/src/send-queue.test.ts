import { OpAMPError } from "@opamp/protocol";
import { describe, expect, it } from "vitest";
import { SendQueue } from "./send-queue.ts";

const limits = { maxQueuedMessages: 3, maxQueuedBytes: 10 };
const broken = new OpAMPError("connection-lost", "broken");

function createQueue(): { readonly queue: SendQueue<string>; readonly added: () => number } {
  let added = 0;
  const queue = new SendQueue<string>("letters", limits, () => {
    added += 1;
  });
  return { queue, added: () => added };
}

describe("SendQueue", () => {
  it("hands out the oldest item until it is settled [L-08 L-09]", async () => {
    const { queue, added } = createQueue();
    const [a, b] = [queue.add("a", 1), queue.add("b", 1)];
    expect(added()).toBe(2);
    expect(queue.head?.item).toBe("a");
    expect(queue.head?.item).toBe("a");
    queue.head?.resolve();
    await a;
    expect(queue.head?.item).toBe("b");
    queue.head?.reject(broken);
    await expect(b).rejects.toBe(broken);
    expect(queue.head).toBeUndefined();
  });

  it("takes back what did not arrive, in the order in which it was added [C-206 L-08 L-09]", async () => {
    const { queue, added } = createQueue();
    const all = ["a", "b", "c"].map((item) => queue.add(item, 1));
    const first = queue.head;
    first?.take();
    const second = queue.head;
    second?.take();
    expect(queue.head?.item).toBe("c");
    await expect(queue.add("d", 1)).rejects.toMatchObject({ code: "queue-full" });
    second?.giveBack();
    first?.giveBack();
    expect(added()).toBe(3);
    for (const item of ["a", "b", "c"]) {
      expect(queue.head?.item).toBe(item);
      queue.head?.resolve();
    }
    await Promise.all(all);
    first?.giveBack();
    expect(queue.head).toBeUndefined();
  });

  it("is full by number or by bytes, and has room again when an item leaves [L-09]", async () => {
    const { queue } = createQueue();
    const first = queue.add("a", 8);
    await expect(queue.add("b", 3)).rejects.toMatchObject({
      code: "queue-full",
      message: expect.stringContaining("1 letters (8 bytes) wait already"),
    });
    const others = [queue.add("c", 1), queue.add("d", 1)];
    await expect(queue.add("e", 0)).rejects.toMatchObject({ code: "queue-full" });
    queue.head?.resolve();
    await first;
    others.push(queue.add("f", 8));
    for (const _ of others) queue.head?.resolve();
    await Promise.all(others);
  });

  it("settles an item once, whatever comes later", async () => {
    const { queue } = createQueue();
    const abort = new AbortController();
    const sent = queue.add("a", 5, abort.signal);
    const { head } = queue;
    head?.resolve();
    head?.reject(broken);
    abort.abort();
    await expect(sent).resolves.toBeUndefined();
    const next = queue.add("b", 10);
    queue.head?.resolve();
    await expect(next).resolves.toBeUndefined();
  });

  it("forgets an item whose signal fires, wherever it stands", async () => {
    const { queue } = createQueue();
    const abort = new AbortController();
    const first = queue.add("a", 1);
    const withdrawn = queue.add("b", 1, abort.signal);
    const last = queue.add("c", 1);
    abort.abort("why");
    await expect(withdrawn).rejects.toMatchObject({ code: "aborted", cause: "why" });
    queue.head?.resolve();
    expect(queue.head?.item).toBe("c");
    queue.head?.resolve();
    await Promise.all([first, last]);
  });

  it("gives up on the items that match, and on all when it closes [L-08]", async () => {
    const { queue } = createQueue();
    const outcomes = Promise.allSettled(["a", "b", "c"].map((item) => queue.add(item, 1)));
    queue.rejectWhere(
      (item) => item === "b",
      (item) => new OpAMPError("peer-lacks-capability", item),
    );
    expect(queue.head?.item).toBe("a");
    queue.close(broken);
    expect(await outcomes).toMatchObject([
      { reason: broken },
      { reason: { code: "peer-lacks-capability", message: "b" } },
      { reason: broken },
    ]);
    await expect(queue.add("d", 1)).rejects.toBe(broken);
    expect(queue.head).toBeUndefined();
  });
});
