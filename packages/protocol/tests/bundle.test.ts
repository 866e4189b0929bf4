import { fileURLToPath } from "node:url";
import { createContext, runInContext } from "node:vm";
import { type BuildOptions, type BuildResult, build } from "esbuild";
import { describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));

/** A program that says and hears one message in each direction, and returns what it heard. */
const program = `
  import * as opamp from "@opamp/protocol";
  const uid = opamp.createInstanceUid();
  const report = opamp.encodeFrame(opamp.encodeAgentToServer({
    instanceUid: opamp.bytesFromInstanceUid(uid),
    capabilities: opamp.bitsFromAgentCapabilities(["ReportsStatus", "ReportsHealth"]),
    agentDescription: {
      identifyingAttributes: opamp.keyValuesFromAttributes({ "service.name": "edge é", n: 1n }),
    },
  }));
  const heard = opamp.decodeAgentToServer(opamp.decodeFrame(report));
  const attributes = opamp.attributesFromKeyValues(heard.agentDescription.identifyingAttributes);
  const refused = (() => {
    try { opamp.decodeServerToAgent(Uint8Array.of(8)); } catch (error) { return error.code; }
  })();
  export const result = JSON.stringify({
    sameUid: opamp.instanceUidFromBytes(heard.instanceUid) === uid,
    capabilities: opamp.agentCapabilitiesFromBits(heard.capabilities),
    name: attributes["service.name"],
    refused,
  });
`;

function bundle(options: BuildOptions): Promise<BuildResult<{ write: false; metafile: true }>> {
  return build({
    stdin: { contents: program, resolveDir: root },
    absWorkingDir: root,
    bundle: true,
    platform: "browser",
    conditions: ["@opamp/source"],
    metafile: true,
    logLevel: "silent",
    ...options,
    write: false,
  } as BuildOptions & { write: false; metafile: true });
}

describe("a browser bundle of the protocol", () => {
  it("imports nothing, of Node.js or of anyone else", async () => {
    const { metafile, outputFiles } = await bundle({ format: "esm" });
    const inputs = Object.values(metafile.inputs);
    const outputs = Object.values(metafile.outputs);
    expect(inputs.flatMap(({ imports }) => imports.filter(({ external }) => external))).toEqual([]);
    expect(outputs.flatMap(({ imports }) => imports)).toEqual([]);
    expect(/\bnode:|\brequire\(|\bBuffer\./.exec(outputFiles[0]?.text ?? "none")).toBeNull();
  });

  it("holds the protocol and the protobuf runtime only", async () => {
    const { metafile } = await bundle({ format: "esm" });
    const foreign = Object.keys(metafile.inputs).filter(
      (path) => !/^src\/|@bufbuild\/protobuf\/|^<stdin>$/.test(path),
    );
    expect(foreign).toEqual([]);
  });

  it("runs where there are only the globals of the web", async () => {
    const { outputFiles } = await bundle({ format: "iife", globalName: "program" });
    const context = createContext({ TextEncoder, TextDecoder, crypto });
    runInContext(outputFiles[0]?.text ?? "", context);
    expect(JSON.parse(runInContext("program.result", context))).toEqual({
      sameUid: true,
      capabilities: ["ReportsStatus", "ReportsHealth"],
      name: "edge é",
      refused: "malformed-message",
    });
  });
});
