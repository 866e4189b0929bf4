import fc from "fast-check";
import { expect, it } from "vitest";
import { createByteCollector } from "./byte-collector.ts";

it("gives what was added, and leaves what it was given as it was", () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 40 })), (chunks) => {
      const collector = createByteCollector();
      const copies = chunks.map((chunk) => Buffer.from(chunk));
      for (const chunk of chunks) collector.add(chunk);
      const all = Buffer.concat(copies);
      expect(collector.size).toBe(all.length);
      expect(Buffer.from(collector.take()).equals(all)).toBe(true);
      expect(chunks.map((chunk) => Buffer.from(chunk))).toEqual(copies);
    }),
  );
});
