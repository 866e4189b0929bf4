import { createHash } from "node:crypto";
import {
  type Attributes,
  type AvailableComponentsInit,
  type ComponentDetailsInit,
  encodeAgentToServer,
  keyValuesFromAttributes,
} from "@opamp/protocol";
import type { Feature } from "./feature.ts";

/** What a program is made of, by name: plugins, modules, receivers and exporters. */
export interface Components {
  readonly [name: string]: Component;
}

export interface Component {
  /** By the semantic conventions where they have a name: `code.*`, `vcs.*` (C-215). */
  readonly metadata?: Attributes;
  readonly components?: Components;
}

export function createAvailableComponentsFeature(components: Components): Feature {
  return {
    capabilities: ["ReportsAvailableComponents"],
    startSettings: { availableComponents: availableComponentsFrom(components) },
  };
}

/** What to report of components, with a hash that is the same for every agent that has the same (C-207, C-209). */
export function availableComponentsFrom(components: Components): AvailableComponentsInit {
  const details = detailsByName(components);
  const bytes = encodeAgentToServer({ availableComponents: { components: details } });
  return { components: details, hash: createHash("sha256").update(bytes).digest() };
}

function detailsByName(components: Components): Record<string, ComponentDetailsInit> {
  return Object.fromEntries(
    byName(components).map(([name, { metadata = {}, components: parts = {} }]) => [
      name,
      {
        metadata: keyValuesFromAttributes(Object.fromEntries(byName(metadata))),
        subComponentMap: detailsByName(parts),
      },
    ]),
  );
}

/** In an order that does not depend on how they were put together, nor on the language of the machine. */
function byName<T>(entries: { readonly [name: string]: T }): (readonly [name: string, T])[] {
  return Object.entries(entries).sort(([a], [b]) => (a < b ? -1 : Number(a > b)));
}
