import { once } from "node:events";
import { connect, createServer } from "node:net";
import { createFakeClock } from "@opamp/test-kit";
import { expect, it } from "vitest";
import { createRecordingLogger } from "../../tests/_util/recording-logger.ts";
import { guardAddresses } from "./address-guard.ts";

it("cuts what is too much before whoever listened hears of it: neither TLS nor HTTP begins", async () => {
  let heard = 0;
  await using server = createServer((socket) => {
    heard += 1;
    socket.resume();
  });
  const logger = createRecordingLogger();
  guardAddresses(server, { limits: { maxConnections: 1 }, clock: createFakeClock(), logger });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" ? (address?.port ?? 0) : 0;
  const first = connect(port, "127.0.0.1");
  await once(first, "connect");
  const second = connect(port, "127.0.0.1").resume();
  await once(second, "close");
  expect(heard).toBe(1);
  expect(logger.lines).toEqual([expect.stringContaining("127.0.0.1 opens too many")]);
  first.destroy();
});
