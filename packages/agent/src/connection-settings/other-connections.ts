import { callWithin } from "../call-within.ts";
import type { Feature, FeatureContext } from "../feature.ts";
import type { OtherConnectionsSettings } from "./connection-settings-options.ts";
import { textFromOffers } from "./offers-content.ts";

/** Hands settings of other connections over when they have changed. */
export function createOtherConnectionsFeature(
  { apply, timeoutMs = 60_000 }: OtherConnectionsSettings,
  { clock }: FeatureContext,
): Feature {
  let inForce = textOf({});
  return {
    capabilities: ["AcceptsOtherConnectionSettings"],
    async takeConnectionSettings({ otherConnections }, { signal }) {
      const text = textOf(otherConnections);
      if (text === inForce) return;
      const what = "applying settings of other connections";
      await callWithin((limited) => apply(otherConnections, { signal: limited }), {
        what,
        timeoutMs,
        signal,
        clock,
      });
      inForce = text;
    },
  };
}

function textOf(otherConnections: Parameters<OtherConnectionsSettings["apply"]>[0]): string {
  return textFromOffers({ otherConnections });
}
