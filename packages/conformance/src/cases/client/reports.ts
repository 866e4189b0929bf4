import assert from "node:assert/strict";
import type {
  AgentConfigMapInit,
  AgentConfigObject,
  AttributeValue,
  ComponentDetailsInit,
  ComponentHealthInit,
} from "@opamp/protocol";
import type { ClientCaseContext } from "../../runner/client-case-context.ts";
import type { ClientCase } from "../../runner/conformance-case.ts";
import { everyByte, hex, utf8 } from "../bytes.ts";
import { both } from "../transports.ts";
import { processed, startSession, takeFullState, takeReport } from "./session.ts";

const info = { side: "client", transports: both } as const;
type Objects = Readonly<Record<string, AgentConfigObject>>;

const attributes: Readonly<Record<string, AttributeValue>> = {
  string: "text",
  bool: true,
  int: -(2n ** 63n),
  double: 0.5,
  array: ["a", ["b"]],
  kvlist: { key: { nested: 1 } },
  bytes: everyByte,
};

const kinds: Readonly<Record<string, string>> = {
  string: "stringValue",
  bool: "boolValue",
  int: "intValue",
  double: "doubleValue",
  array: "arrayValue",
  kvlist: "kvlistValue",
  bytes: "bytesValue",
};

/** Cases about what a report holds. */
export const reportCases: readonly ClientCase[] = [
  {
    ...info,
    id: "client-reports-who-it-is",
    title: "names its service among its identifying attributes",
    requirements: ["C-83"],
    async run(context) {
      const { first } = await startSession(context);
      const keys = first.agentDescription?.identifyingAttributes.map(({ key }) => key) ?? [];
      assert.ok(keys.includes("service.name"), `it names ${keys.join(", ")}`);
    },
  },
  {
    ...info,
    id: "client-reports-its-effective-config-when-asked",
    title: "reports its effective config with its full state",
    requirements: ["C-97"],
    async run(context) {
      const capabilities = ["ReportsEffectiveConfig"] as const;
      const effectiveConfig = () => ({ configMap: { f: { body: utf8("x") } } });
      const { server } = await startSession(context, { wishes: { capabilities, effectiveConfig } });
      await takeFullState(server);
      assert.ok(server.messages.all.some(({ message }) => message?.effectiveConfig));
    },
  },
  {
    ...info,
    id: "client-reports-identifying-attributes",
    title: "reports identifying attributes under their semantic names, with values of each kind",
    requirements: ["C-83"],
    async run(context) {
      const identifyingAttributes = { "service.name": "edge", ...attributes };
      const { first } = await startSession(context, { description: { identifyingAttributes } });
      const read = new Map(
        first.agentDescription?.identifyingAttributes.map(({ key, value }) => [key, value?.value]),
      );
      assert.equal(read.get("service.name")?.value, "edge");
      for (const [key, kind] of Object.entries(kinds)) assert.equal(read.get(key)?.case, kind);
    },
  },
  {
    ...info,
    id: "client-reports-non-identifying-attributes",
    title: "reports non-identifying attributes apart from the identifying ones",
    requirements: ["C-86"],
    async run(context) {
      const { first } = await startSession(context, {
        description: {
          identifyingAttributes: { "service.name": "edge" },
          nonIdentifyingAttributes: { "os.type": "linux", "host.name": "h1" },
        },
      });
      const keys = first.agentDescription?.nonIdentifyingAttributes.map(({ key }) => key);
      assert.deepEqual(keys?.toSorted(), ["host.name", "os.type"]);
    },
  },
  {
    ...info,
    id: "client-reports-64-bit-times",
    title: "reports times in nanoseconds beyond 2^53 exactly",
    requirements: ["W-30"],
    async run(context) {
      const health = {
        healthy: true,
        startTimeUnixNano: 1785000000123456789n,
        statusTimeUnixNano: 1785000000987654321n,
      };
      const first = await reportedHealth(context, health);
      assert.equal(first?.startTimeUnixNano, health.startTimeUnixNano);
      assert.equal(first?.statusTimeUnixNano, health.statusTimeUnixNano);
    },
  },
  {
    ...info,
    id: "client-reports-deep-health",
    title: "reports a tree of component health that is 30 levels deep",
    requirements: ["W-29"],
    async run(context) {
      let health: ComponentHealthInit = { healthy: true, status: "leaf" };
      for (let level = 1; level < 30; level += 1) {
        health = { healthy: true, componentHealthMap: { sub: health } };
      }
      let at = await reportedHealth(context, health);
      for (let level = 1; level < 30; level += 1) at = at?.componentHealthMap?.sub;
      assert.equal(at?.status, "leaf");
    },
  },
  {
    ...info,
    id: "client-reports-its-own-status-text",
    title: "reports a health status text of the agent's own verbatim",
    requirements: ["C-92"],
    async run(context) {
      const status = "Draining ⏳ (3/7)";
      assert.equal((await reportedHealth(context, { healthy: true, status }))?.status, status);
    },
  },
  {
    ...info,
    id: "client-reports-health-attributes",
    title: "reports attributes of a component",
    requirements: ["C-94"],
    async run(context) {
      const health = await reportedHealth(context, {
        healthy: true,
        attributes: [{ key: "queue", value: { value: { case: "intValue", value: 7n } } }],
      });
      assert.equal(health?.attributes?.[0]?.key, "queue");
    },
  },
  {
    ...info,
    id: "client-does-not-repeat-health",
    title: "leaves health out of its messages while it stays the same",
    requirements: ["C-95"],
    async run(context) {
      const capabilities = ["ReportsHealth", "ReportsPackageStatuses"] as const;
      const { server, client } = await startSession(context, {
        capabilities,
        health: { healthy: true },
      });
      await takeFullState(server);
      client.setPackageStatuses({ errorMessage: "some" });
      assert.equal((await takeReport(server, "packageStatuses")).health, undefined);
    },
  },
  {
    ...info,
    id: "client-reports-effective-config",
    title: "reports its effective config once it can be read",
    requirements: ["C-97"],
    async run(context) {
      const objects = await reportedConfig(context, { f: { body: utf8("x") } });
      assert.deepEqual(Object.keys(objects), ["f"]);
    },
  },
  {
    ...info,
    id: "client-reports-changed-effective-config",
    title: "reports its effective config again when it has changed",
    requirements: ["C-97", "C-46"],
    async run(context) {
      let body = utf8("old");
      const { server, client } = await startSession(context, {
        capabilities: ["ReportsEffectiveConfig"],
        effectiveConfig: () => ({ configMap: { "": { body } } }),
      });
      await takeFullState(server);
      body = utf8("new");
      client.updateEffectiveConfig();
      await server.messages.take({
        what: "a message with the new config",
        where: ({ message }) =>
          hex(message?.effectiveConfig?.configMap?.configMap[""]?.body) === hex(utf8("new")),
      });
    },
  },
  {
    ...info,
    id: "client-reports-without-its-effective-config",
    title: "reports the rest of its state when its effective config cannot be read",
    requirements: ["L-10"],
    async run(context) {
      let readable = false;
      const { server, first } = await startSession(context, {
        capabilities: ["ReportsEffectiveConfig", "ReportsHealth"],
        health: { healthy: true },
        effectiveConfig: () => {
          if (readable) return { configMap: { f: {} } };
          throw new Error("not readable yet");
        },
      });
      assert.deepEqual([first.health?.healthy, first.effectiveConfig], [true, undefined]);
      readable = true;
      await takeReport(server, "effectiveConfig");
    },
  },
  {
    ...info,
    id: "client-goes-on-while-its-config-is-read",
    title: "reports and receives while its effective config never comes to be read",
    requirements: ["L-07", "L-10"],
    async run(context) {
      const session = await startSession(context, {
        capabilities: ["ReportsEffectiveConfig", "ReportsHealth"],
        health: { healthy: true },
        effectiveConfig: () => new Promise(() => {}),
      });
      assert.equal(session.first.health?.healthy, true);
      await processed(session);
      session.client.setHealth({ healthy: false });
      const changed = await session.server.messages.take({
        where: ({ message }) => message?.health?.healthy === false,
      });
      assert.equal(changed.message?.effectiveConfig, undefined);
    },
  },
  {
    ...info,
    id: "client-reports-a-single-config",
    title: "reports a single config under the empty key",
    requirements: ["C-98", "W-33"],
    async run(context) {
      const objects = await reportedConfig(context, { "": { body: utf8("x") } });
      assert.deepEqual(Object.keys(objects), [""]);
    },
  },
  {
    ...info,
    id: "client-reports-binary-config",
    title: "reports a config body of any bytes",
    requirements: ["W-34"],
    async run(context) {
      const objects = await reportedConfig(context, { f: { body: everyByte } });
      assert.equal(hex(objects.f?.body), hex(everyByte));
    },
  },
  {
    ...info,
    id: "client-reports-config-content-type",
    title: "reports the content type of a config",
    requirements: ["W-35"],
    async run(context) {
      const objects = await reportedConfig(context, { f: { contentType: "text/yaml" }, g: {} });
      assert.deepEqual([objects.f?.contentType, objects.g?.contentType], ["text/yaml", ""]);
    },
  },
  {
    ...info,
    id: "client-reports-config-role",
    title: "reports the role of a config verbatim",
    requirements: ["W-87"],
    async run(context) {
      const objects = await reportedConfig(context, { f: { role: "fragment/2" } });
      assert.equal(objects.f?.role, "fragment/2");
    },
  },
  {
    ...info,
    id: "client-reports-deep-components",
    title: "reports a tree of components that is 30 levels deep when it is asked for",
    requirements: ["W-63"],
    async run(context) {
      let root: ComponentDetailsInit = {};
      for (let level = 1; level < 30; level += 1) root = { subComponentMap: { sub: root } };
      const { server } = await startSession(context, {
        capabilities: ["ReportsAvailableComponents"],
        availableComponents: { hash: Uint8Array.of(1), components: { root } },
      });
      await server.say({ flags: 2n });
      let at = (await takeReport(server, "availableComponents")).availableComponents.components
        .root;
      let depth = 0;
      for (; at !== undefined; at = at.subComponentMap.sub) depth += 1;
      assert.equal(depth, 30);
    },
  },
];

async function reportedHealth(
  context: ClientCaseContext,
  health: ComponentHealthInit,
): Promise<ComponentHealthInit | undefined> {
  const { first } = await startSession(context, { capabilities: ["ReportsHealth"], health });
  return first.health;
}

async function reportedConfig(
  context: ClientCaseContext,
  configMap: NonNullable<AgentConfigMapInit["configMap"]>,
): Promise<Objects> {
  const { server, first } = await startSession(context, {
    capabilities: ["ReportsEffectiveConfig"],
    effectiveConfig: () => ({ configMap }),
  });
  const reported =
    first.effectiveConfig ?? (await takeReport(server, "effectiveConfig")).effectiveConfig;
  return reported.configMap?.configMap ?? {};
}
