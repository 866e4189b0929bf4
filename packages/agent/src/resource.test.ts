import { emptyResource, resourceFromAttributes } from "@opentelemetry/resources";
import { describe, expect, it } from "vitest";
import { agentDescriptionFromResource } from "./resource.ts";

const attributes = {
  "service.name": "edge",
  "service.namespace": "shop",
  "service.version": "1.4.2",
  "service.instance.id": "0190f5a5-91c2-7b4e-8f2a-3c5d7e9f1b2d",
  "host.name": "one",
  "process.command_args": ["node", "main.js"],
};

describe("agentDescriptionFromResource", () => {
  it("copies name, instance and namespace to the identifying attributes, all others to the rest [C-257 C-258]", () => {
    const described = agentDescriptionFromResource(resourceFromAttributes(attributes));
    expect(described).toEqual({
      identifyingAttributes: {
        "service.name": "edge",
        "service.namespace": "shop",
        "service.instance.id": "0190f5a5-91c2-7b4e-8f2a-3c5d7e9f1b2d",
      },
      nonIdentifyingAttributes: {
        "service.version": "1.4.2",
        "host.name": "one",
        "process.command_args": ["node", "main.js"],
      },
    });
  });

  it("identifies a Collector by its version, too [C-255 C-256]", () => {
    const { identifyingAttributes, nonIdentifyingAttributes } = agentDescriptionFromResource(
      resourceFromAttributes(attributes),
      { guidelines: "collector" },
    );
    expect(identifyingAttributes).toHaveProperty(["service.version"], "1.4.2");
    expect(nonIdentifyingAttributes).not.toHaveProperty(["service.version"]);
  });

  it("leaves out what has no value, and fills the holes of lists", () => {
    const described = agentDescriptionFromResource({
      attributes: { "service.name": undefined, list: ["a", undefined] },
    });
    expect(described.identifyingAttributes).toEqual({});
    expect(described.nonIdentifyingAttributes).toEqual({ list: ["a", null] });
    expect(agentDescriptionFromResource(emptyResource()).identifyingAttributes).toEqual({});
  });
});
