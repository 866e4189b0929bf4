// The protocol as a user imports it: one message there and back.

import assert from "node:assert/strict";
import * as protocol from "@opamp/protocol";

const uid = protocol.createInstanceUid();
const frame = protocol.encodeFrame(
  protocol.encodeAgentToServer({
    instanceUid: protocol.bytesFromInstanceUid(uid),
    capabilities: protocol.bitsFromAgentCapabilities(["ReportsStatus", "bit40"]),
    health: { startTimeUnixNano: 1785000000123456789n },
  }),
);
const message = protocol.decodeAgentToServer(protocol.decodeFrame(frame));
assert.equal(protocol.instanceUidFromBytes(message.instanceUid), uid);
assert.equal(message.capabilities, 2n ** 40n + 1n);
assert.equal(message.health?.startTimeUnixNano, 1785000000123456789n);
