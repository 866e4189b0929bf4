import { once } from "node:events";
import { connect } from "node:net";
import { Duplex } from "node:stream";
import { setImmediate } from "node:timers/promises";
import { connect as connectTls, type TLSSocket } from "node:tls";
import {
  bytesFromInstanceUid,
  createInstanceUid,
  encodeAgentToServer,
  encodeFrame,
} from "@opamp/protocol";
import { createOpAMPServer } from "@opamp/server";
import { createCertificateAuthority, eventually } from "@opamp/test-kit";
import { expect, it } from "vitest";
import { clientFrame } from "./_util/client-frames.ts";

const authority = await createCertificateAuthority();
const tls = await authority.issueServer();

const UPGRADE = [
  "GET /v1/opamp HTTP/1.1",
  "Host: x",
  "Connection: Upgrade",
  "Upgrade: websocket",
  "Sec-WebSocket-Version: 13",
  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
];

interface Burster {
  readonly secure: TLSSocket;
  /** Sends each piece as a TLS record of its own, and all of them at once. */
  burst(pieces: Iterable<Buffer>): Promise<void>;
}

/** Opens a WebSocket over TLS. */
async function openWebSocket(port: number): Promise<Burster> {
  const socket = connect(port, "127.0.0.1");
  let held: Buffer[] | undefined;
  const wire = new Duplex({
    read: () => undefined,
    write(chunk: Buffer, _encoding, done) {
      if (held === undefined) socket.write(chunk);
      else held.push(chunk);
      done();
    },
    destroy(_error, done) {
      socket.destroy();
      done(null);
    },
  });
  socket.on("data", (chunk) => wire.push(chunk)).on("close", () => wire.destroy());
  socket.on("error", () => undefined);
  const secure = connectTls({ socket: wire, ca: authority.cert });
  await once(secure, "secureConnect");
  secure.write(`${UPGRADE.join("\r\n")}\r\n\r\n`);
  await once(secure, "data");
  secure.resume();
  const burst = async (pieces: Iterable<Buffer>): Promise<void> => {
    held = [];
    for (const piece of pieces) {
      secure.write(piece);
      await setImmediate();
    }
    socket.write(Buffer.concat(held));
    held = undefined;
  };
  return { secure, burst };
}

function* cut(bytes: Buffer, length: number): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += length) yield bytes.subarray(at, at + length);
}

it.each([
  ["with their frames", undefined],
  ["in the middle of frames", 37],
  ["in the middle of frames, after several of them", 300],
])(
  "a burst of messages is taken in order, and as fast as the application goes, however TLS cuts them: %s",
  async (_, recordBytes) => {
    const heard: bigint[] = [];
    const goOn = Promise.withResolvers<void>();
    await using server = createOpAMPServer({
      limits: { maxPendingMessages: 2 },
      callbacks: {
        async onMessage(_connection, { sequenceNum }) {
          heard.push(sequenceNum);
          await goOn.promise;
        },
      },
    });
    const { port } = await server.listen({ port: 0, host: "127.0.0.1", tls });
    const agent = await openWebSocket(port);
    const instanceUid = bytesFromInstanceUid(createInstanceUid());
    const sequence = Array.from({ length: 30 }, (_unused, i) => BigInt(i));
    const frames = sequence.map((sequenceNum) =>
      clientFrame(0x82, encodeFrame(encodeAgentToServer({ instanceUid, sequenceNum }))),
    );
    await agent.burst(recordBytes === undefined ? frames : cut(Buffer.concat(frames), recordBytes));
    await eventually(() => expect(heard).toEqual([0n]));
    await setImmediate();
    expect(server.stats().websocket.messagesPending).toBeLessThanOrEqual(2);
    goOn.resolve();
    await eventually(() => expect(heard).toEqual(sequence));
    agent.secure.destroy();
    await server.close({ deadlineMs: 0 });
  },
);
