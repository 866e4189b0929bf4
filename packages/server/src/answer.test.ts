import {
  bytesFromInstanceUid,
  createInstanceUid,
  decodeServerToAgent,
  encodeServerToAgent,
  type ServerToAgentInit,
} from "@opamp/protocol";
import { describe, expect, it } from "vitest";
import { composeMessage, droppedFields } from "./answer.ts";

const instanceUid = bytesFromInstanceUid(createInstanceUid());
const first = { instanceUid, capabilities: 3n, customCapabilities: ["io.example.chat"] };
const later = { instanceUid, capabilities: undefined, customCapabilities: undefined };

describe("composeMessage", () => {
  it("adds the uid and what is due to what was said [S-24 S-46 S-47 W-50]", () => {
    expect(composeMessage({ flags: 1n }, first)).toEqual({
      instanceUid,
      flags: 1n,
      capabilities: 3n,
      customCapabilities: { capabilities: ["io.example.chat"] },
    });
    expect(encodeServerToAgent(composeMessage({}, later))).toEqual(
      encodeServerToAgent({ instanceUid }),
    );
  });

  it("keeps the application's capabilities, without bits that have no meaning [S-44 S-45 S-152]", () => {
    const said = { capabilities: 0xff02n, customCapabilities: { capabilities: [] } };
    expect(composeMessage(said, first)).toMatchObject({
      capabilities: 3n,
      customCapabilities: { capabilities: [] },
    });
  });

  it("sends an empty error as an error [S-120 W-65]", () => {
    const said = { errorResponse: {}, capabilities: 1n, flags: 1n };
    expect(composeMessage(said, first)).toEqual({ instanceUid, errorResponse: {} });
  });

  it("takes an empty uid for none, and its own uid as it is [S-24]", () => {
    for (const uid of [new Uint8Array(), instanceUid.slice()]) {
      expect(composeMessage({ instanceUid: uid }, later).instanceUid).toEqual(instanceUid);
    }
  });

  it.each([8, 16, 17])("refuses the uid of another agent, of %i bytes [S-155]", (length) => {
    const said = { instanceUid: new Uint8Array(length).fill(9) };
    expect(() => composeMessage(said, later)).toThrow("names another instance uid");
  });

  it("passes a decoded message on, nested messages included", () => {
    const said: ServerToAgentInit = {
      flags: 2n,
      remoteConfig: {
        configHash: Uint8Array.of(1),
        config: { configMap: { a: { body: Uint8Array.of(2) } } },
      },
    };
    const decoded = decodeServerToAgent(encodeServerToAgent(said));
    expect(encodeServerToAgent(composeMessage(decoded, first))).toEqual(
      encodeServerToAgent(composeMessage(said, first)),
    );
  });
});

describe("droppedFields", () => {
  it("names what an error or a command left out, not what was empty [S-120 S-116]", () => {
    const said = { command: {}, flags: 0n, packagesAvailable: {}, capabilities: 1n };
    expect(droppedFields(said, composeMessage(said, first))).toEqual(["packagesAvailable"]);
    const decoded = decodeServerToAgent(encodeServerToAgent({ errorResponse: {}, flags: 1n }));
    expect(droppedFields(decoded, composeMessage(decoded, first))).toEqual(["flags"]);
    expect(droppedFields({ flags: 1n }, {})).toEqual([]);
  });
});
