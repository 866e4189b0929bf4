import assert from "node:assert/strict";
import type {
  AnyValueInit,
  ComponentDetailsInit,
  ComponentHealthInit,
  RemoteConfigStatuses,
} from "@opamp/protocol";
import { fieldNumbers } from "../../raw/wire.ts";
import type { ServerCase } from "../../runner/conformance-case.ts";
import { everyByte, hex } from "../bytes.ts";
import { both } from "../transports.ts";
import { messageOf } from "./checks.ts";
import { deliver } from "./deliver.ts";

const info = { side: "server", transports: both } as const;
const nanoseconds = 1785000000123456789n;

const anyValues: Readonly<Record<string, AnyValueInit["value"] | undefined>> = {
  string: { case: "stringValue", value: "text" },
  bool: { case: "boolValue", value: true },
  int: { case: "intValue", value: -(2n ** 63n) },
  double: { case: "doubleValue", value: 0.5 },
  array: { case: "arrayValue", value: { values: [{ value: { case: "intValue", value: 1n } }] } },
  kvlist: { case: "kvlistValue", value: { values: [{ key: "k" }] } },
  bytes: { case: "bytesValue", value: everyByte },
  null: undefined,
};

/** Cases about what agents report, as it reaches the application. */
export const reportCases: readonly ServerCase[] = [
  ...Object.entries(anyValues).map(
    ([kind, value]): ServerCase => ({
      ...info,
      id: `server-takes-${kind}-attributes`,
      title: `delivers an attribute of the kind ${kind}`,
      requirements: ["S-55"],
      async run(context) {
        const pair = { key: "k", ...(value && { value: { value } }) };
        const delivered = await deliver(context, {
          agentDescription: { identifyingAttributes: [pair] },
        });
        const [read, ...others] = delivered.agentDescription?.identifyingAttributes ?? [];
        assert.equal(others.length, 0);
        assert.equal(read?.value?.value.case, value?.case);
      },
    }),
  ),
  {
    ...info,
    id: "server-takes-repeated-attributes",
    title: "takes a description that names an attribute twice",
    requirements: ["S-56"],
    async run(context) {
      const identifyingAttributes = ["k", "a", "k"].map((key) => ({ key }));
      const delivered = await deliver(context, { agentDescription: { identifyingAttributes } });
      const keys = delivered.agentDescription?.identifyingAttributes.map(({ key }) => key);
      assert.deepEqual(keys, ["k", "a", "k"]);
    },
  },
  {
    ...info,
    id: "server-reads-deep-health",
    title: "reads a tree of component health that is 50 levels deep",
    requirements: ["W-29"],
    async run(context) {
      const delivered = await deliver(context, { health: deepHealth(50) });
      assert.equal(depthOf(delivered.health), 50);
    },
  },
  {
    ...info,
    id: "server-reads-64-bit-times",
    title: "delivers times in nanoseconds beyond 2^53 exactly",
    requirements: ["W-30"],
    async run(context) {
      const delivered = await deliver(context, {
        health: {
          healthy: true,
          startTimeUnixNano: nanoseconds,
          statusTimeUnixNano: nanoseconds + 1n,
        },
      });
      assert.equal(delivered.health?.startTimeUnixNano, nanoseconds);
      assert.equal(delivered.health?.statusTimeUnixNano, nanoseconds + 1n);
    },
  },
  {
    ...info,
    id: "server-reads-deep-components",
    title: "reads a tree of components that is 50 levels deep",
    requirements: ["W-63"],
    async run(context) {
      const hash = Uint8Array.of(1);
      const components = { receivers: deepComponents(50) };
      const delivered = await deliver(context, { availableComponents: { hash, components } });
      let depth = 0;
      for (
        let at = delivered.availableComponents?.components.receivers;
        at !== undefined;
        at = at.subComponentMap.sub
      ) {
        depth += 1;
      }
      assert.equal(depth, 50);
    },
  },
  {
    ...info,
    id: "server-takes-any-component-category",
    title: "delivers first-level components of categories it has never heard of",
    requirements: ["W-64"],
    async run(context) {
      const components = { "my gadgets": {}, receivers: {} };
      const delivered = await deliver(context, {
        availableComponents: { hash: Uint8Array.of(1), components },
      });
      assert.deepEqual(Object.keys(delivered.availableComponents?.components ?? {}).sort(), [
        "my gadgets",
        "receivers",
      ]);
    },
  },
  {
    ...info,
    id: "server-takes-components-unlike-health",
    title: "takes components that do not mirror the tree of health",
    requirements: ["W-62"],
    async run(context) {
      const delivered = await deliver(context, {
        health: { healthy: true, componentHealthMap: { pipeline: { healthy: true } } },
        availableComponents: { hash: Uint8Array.of(1), components: { exporters: {} } },
      });
      assert.deepEqual(Object.keys(delivered.health?.componentHealthMap ?? {}), ["pipeline"]);
      assert.deepEqual(Object.keys(delivered.availableComponents?.components ?? {}), ["exporters"]);
    },
  },
  {
    ...info,
    id: "server-reads-absent-sequence-number-as-zero",
    title: "reads a message without sequence_num as number 0",
    requirements: ["W-24"],
    async run(context) {
      const server = await context.start();
      const agent = await server.connect();
      const encoded = agent.encode({ sequenceNum: 0n });
      assert.ok(!fieldNumbers(encoded).includes(2));
      messageOf(await agent.exchangeBytes(encoded));
      assert.equal((await server.application.delivered.take()).sequenceNum, 0n);
    },
  },
  {
    ...info,
    id: "server-reads-64-bit-sequence-numbers",
    title: "delivers the largest sequence number exactly",
    requirements: ["W-24"],
    async run(context) {
      const delivered = await deliver(context, { sequenceNum: 2n ** 64n - 1n });
      assert.equal(delivered.sequenceNum, 2n ** 64n - 1n);
    },
  },
  {
    ...info,
    id: "server-keeps-unknown-enum-numbers",
    title: "delivers the number of an enum value that it does not know",
    requirements: ["W-82"],
    async run(context) {
      const delivered = await deliver(context, {
        remoteConfigStatus: { status: 9 as typeof RemoteConfigStatuses.FAILED },
      });
      assert.equal(delivered.remoteConfigStatus?.status, 9);
    },
  },
  {
    ...info,
    id: "server-reads-connection-settings-status",
    title: "delivers hash, status and error of a connection settings status",
    requirements: ["W-38"],
    async run(context) {
      const status = {
        lastConnectionSettingsHash: everyByte,
        status: 3,
        errorMessage: "no",
      } as const;
      const { connectionSettingsStatus: read } = await deliver(context, {
        connectionSettingsStatus: status,
      });
      assert.equal(hex(read?.lastConnectionSettingsHash), hex(everyByte));
      assert.deepEqual([read?.status, read?.errorMessage], [3, "no"]);
    },
  },
  {
    ...info,
    id: "server-shows-unknown-health-status",
    title: "delivers a health status text of the agent's own verbatim",
    requirements: ["C-92"],
    async run(context) {
      const status = "Draining ⏳ (3/7)";
      const { health } = await deliver(context, { health: { healthy: true, status } });
      assert.equal(health?.status, status);
    },
  },
  {
    ...info,
    id: "server-reads-download-details",
    title: "delivers the progress of a download as fractions",
    requirements: ["W-48"],
    async run(context) {
      const downloadDetails = { downloadPercent: 12.5, downloadBytesPerSecond: 0.25 };
      const packages = { p: { name: "p", status: 4, downloadDetails } } as const;
      const { packageStatuses } = await deliver(context, { packageStatuses: { packages } });
      const read = packageStatuses?.packages.p?.downloadDetails;
      assert.deepEqual([read?.downloadPercent, read?.downloadBytesPerSecond], [12.5, 0.25]);
    },
  },
];

function deepHealth(levels: number): ComponentHealthInit {
  if (levels === 1) return { healthy: true };
  return { healthy: true, componentHealthMap: { sub: deepHealth(levels - 1) } };
}

function deepComponents(levels: number): ComponentDetailsInit {
  return levels === 1 ? {} : { subComponentMap: { sub: deepComponents(levels - 1) } };
}

function depthOf(health: ComponentHealthInit | undefined): number {
  return health === undefined ? 0 : 1 + depthOf(health.componentHealthMap?.sub);
}
