import { promisify } from "node:util";
import { deflateRaw } from "node:zlib";
import { eventually } from "@opamp/test-kit";
import { expect, it } from "vitest";
import { overNetwork } from "../../tests/_util/agent-sockets.ts";
import { clientFrame, compressedFrame } from "../../tests/_util/client-frames.ts";

it("nothing is read behind what breaks the rules, though it was there already, and the agent may leave at once", async () => {
  await using running = await overNetwork(true);
  const { agentWire, recorder, wire } = running;
  agentWire.write(clientFrame(0x81, Buffer.from("to be left to ws")));
  await eventually(() => expect(recorder.events).toEqual(["text"]));
  recorder.violated = (code) => {
    recorder.events.push(`violated ${code}`);
    wire.destroy();
  };
  // While the first is inflated, the others wait.
  const reservedOpcode = Buffer.from([0x83, 0x80]);
  const message = compressedFrame(new Uint8Array(200_000));
  const behind = compressedFrame(new Uint8Array(10_000_000));
  for (const piece of [message, reservedOpcode, behind]) wire.push(piece);
  await recorder.ended.promise;
  // What would still be inflated is through the thread pool then.
  for (let i = 0; i < 8; i += 1) await promisify(deflateRaw)(new Uint8Array(100_000));
  expect(recorder.events).toEqual(["text", "violated 1002"]);
  expect(recorder.messages.map(({ length }) => length)).toEqual([16, 200_000]);
});
