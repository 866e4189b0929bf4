import { expect, it } from "vitest";
import { networkOptions } from "../../tests/transport/_util/network-options.ts";
import { firstHop, nextHop } from "./redirect.ts";

const { signal } = new AbortController();

it.each([
  ["ws://host/", "/other", "ws://host/other", true],
  ["ws://host/", "http://host/other", "ws://host/other", true],
  ["wss://host/", "https://host:443/#part", "wss://host/", true],
  ["http://host/", "https://host/", "https://host/", false],
  ["ws://host/", "wss://host/", "wss://host/", false],
  ["https://host/", "https://host:8443/", "https://host:8443/", false],
  ["https://host/", "https://sub.host/", "https://sub.host/", false],
])("from %s to %s goes to %s, trusted: %s [L-04]", async (from, location, to, trusted) => {
  const options = { ...networkOptions(from), signal };
  const hop = await nextHop(firstHop(new URL(from)), { status: 307, location }, options);
  expect(hop).toMatchObject({ trusted, hops: 1 });
  expect(hop.url.href).toBe(to);
});
