import {
  copyStatusPart,
  decodeAgentToServer,
  decodeServerToAgent,
  encodeAgentToServer,
  encodeServerToAgent,
  keyValuesFromAttributes,
} from "@opamp/protocol";
import { describe, expect, it } from "vitest";

const misspelt = (message: string): object =>
  expect.objectContaining({
    code: "invalid-argument",
    message: expect.stringContaining(message),
  });

describe("a member that no field is named by", () => {
  it.each<[string, object, string]>([
    [
      "of a message",
      { helth: {} },
      "helth is not a field of AgentToServer; known are instanceUid, ",
    ],
    [
      "of a message in it",
      { health: { healty: true } },
      "healty is not a field of ComponentHealth",
    ],
    [
      "of a message in a map",
      { health: { componentHealthMap: { db: { helthy: true } } } },
      "helthy is not a field of ComponentHealth; known are healthy, ",
    ],
    [
      "of a message in a list",
      { agentDescription: { identifyingAttributes: [{ name: "a" }] } },
      "name is not a field of KeyValue; known are key, value",
    ],
    [
      "of a group of which one is set",
      { agentDescription: { identifyingAttributes: [{ key: "a", value: { stringValue: "b" } }] } },
      "stringValue is not a field of AnyValue; known are value",
    ],
    ["that all objects have", { health: { toString: 1 } }, "toString is not a field of "],
  ])("is refused by its name: %s", (_, message, problem) => {
    expect(() => encodeAgentToServer(message)).toThrow(misspelt(problem));
  });

  it("is refused in a part alone, and in what a server says", () => {
    const health = { healty: true } as object;
    expect(() => copyStatusPart("health", health)).toThrow(
      misspelt("health does not fit ComponentHealth: healty is not a field"),
    );
    const opamp = { destinationEndpint: "wss://host" } as object;
    expect(() => encodeServerToAgent({ connectionSettings: { opamp } })).toThrow(
      misspelt("destinationEndpint is not a field of OpAMPConnectionSettings"),
    );
  });

  it("is refused in plain data within a message that was read", () => {
    const read = decodeAgentToServer(encodeAgentToServer({ health: { healthy: true } }));
    const db = { healty: true } as object;
    const health = { ...read.health, componentHealthMap: { db } };
    expect(() => encodeAgentToServer({ ...read, health })).toThrow(misspelt("healty"));
  });

  it("may be there where it is undefined, in an object of a class, and as the name of an entry", () => {
    class Health {
      readonly healthy = true;
      readonly checkedBy = "a probe";
    }
    const nothing = { healty: undefined } as object;
    const message = {
      health: { ...nothing, componentHealthMap: { healty: new Health() } },
      agentDescription: {
        identifyingAttributes: keyValuesFromAttributes({ nme: { deep: ["a", { b: 1 }] } }),
      },
    };
    const { health } = decodeAgentToServer(encodeAgentToServer(message));
    expect(health?.componentHealthMap.healty).toMatchObject({ healthy: true });
    const configMap = { constructor: { role: "a" } };
    const bytes = encodeServerToAgent({ remoteConfig: { config: { configMap } } });
    expect(decodeServerToAgent(bytes).remoteConfig?.config?.configMap).toMatchObject(configMap);
  });
});
