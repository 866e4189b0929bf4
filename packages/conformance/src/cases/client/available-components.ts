import assert from "node:assert/strict";
import type { ClientCase } from "../../runner/conformance-case.ts";
import { hex, utf8 } from "../bytes.ts";
import { both } from "../transports.ts";
import { startSession, takeFullState, takeMessage, takeReport } from "./session.ts";

const info = { side: "client", transports: both } as const;
const hash = utf8("build 1");
const settings = {
  capabilities: ["ReportsAvailableComponents", "ReportsHealth"],
  health: { healthy: true },
  availableComponents: { hash, components: { receivers: {}, "my gadgets": {} } },
} as const;

/** The same for a client that has components of its own. */
const ownSettings = {
  wishes: {
    capabilities: ["ReportsAvailableComponents"],
    availableComponents: settings.availableComponents,
  },
} as const;

/** Cases about available components. */
export const availableComponentsCases: readonly ClientCase[] = [
  {
    ...info,
    id: "client-reports-components-hash",
    title: "reports the hash of its components in its first message",
    requirements: ["C-207"],
    async run(context) {
      const { first } = await startSession(context, ownSettings);
      assert.notEqual(first.availableComponents?.hash.length ?? 0, 0);
    },
  },
  {
    ...info,
    id: "client-reports-components-by-hash-first",
    title: "reports the hash of its components without the map at first",
    requirements: ["C-210", "C-212"],
    async run(context) {
      const { first } = await startSession(context, ownSettings);
      assert.ok(first.availableComponents);
      assert.deepEqual(first.availableComponents.components, {});
    },
  },
  {
    ...info,
    id: "client-reports-components-when-asked",
    title: "reports the map of its components when it is asked for",
    requirements: ["C-211"],
    async run(context) {
      const { server } = await startSession(context, ownSettings);
      await server.say({ flags: 2n });
      const { availableComponents } = await takeReport(server, "availableComponents");
      assert.notEqual(Object.keys(availableComponents.components).length, 0);
    },
  },
  {
    ...info,
    id: "client-reports-all-components-when-asked",
    title: "reports each of its components, and the hash it was given",
    requirements: ["C-207", "C-211"],
    async run(context) {
      const { server, first } = await startSession(context, settings);
      assert.equal(hex(first.availableComponents?.hash), hex(hash));
      await server.say({ flags: 2n });
      const { availableComponents } = await takeReport(server, "availableComponents");
      assert.deepEqual(Object.keys(availableComponents.components).toSorted(), [
        "my gadgets",
        "receivers",
      ]);
    },
  },
  {
    ...info,
    id: "client-reports-hash-beside-components",
    title: "reports the hash beside the map, too",
    requirements: ["C-208"],
    async run(context) {
      const { server, first } = await startSession(context, ownSettings);
      await server.say({ flags: 2n });
      const { availableComponents } = await takeReport(server, "availableComponents");
      assert.equal(hex(availableComponents.hash), hex(first.availableComponents?.hash));
    },
  },
  {
    ...info,
    id: "client-does-not-repeat-components",
    title: "leaves its components out of its messages while they stay the same",
    requirements: ["C-213"],
    async run(context) {
      const { server, client } = await startSession(context, settings);
      client.setHealth({ healthy: false });
      assert.equal((await takeReport(server, "health")).availableComponents, undefined);
    },
  },
  {
    ...info,
    id: "client-tells-both-flags-apart",
    title: "reports the hash at least for full state, and the map for both flags together",
    requirements: ["C-214"],
    async run(context) {
      const { server, first } = await startSession(context, ownSettings);
      const { availableComponents } = await takeFullState(server);
      assert.equal(hex(availableComponents?.hash), hex(first.availableComponents?.hash));
      await server.say({ flags: 3n });
      let [map, state] = [false, false];
      while (!map || !state) {
        const message = await takeMessage(server);
        map ||= Object.keys(message.availableComponents?.components ?? {}).length > 0;
        state ||= message.agentDescription !== undefined;
      }
    },
  },
  {
    ...info,
    id: "client-reports-any-component-category",
    title: "reports first-level components of the agent's own categories",
    requirements: ["W-64"],
    async run(context) {
      const { server } = await startSession(context, settings);
      await server.say({ flags: 2n });
      const { availableComponents } = await takeReport(server, "availableComponents");
      assert.ok("my gadgets" in availableComponents.components);
    },
  },
];
