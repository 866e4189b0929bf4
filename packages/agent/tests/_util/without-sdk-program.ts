import { registerHooks } from "node:module";
import { OpAMPError } from "@opamp/protocol";
import { createAgent } from "../../src/index.ts";

// An agent with own telemetry where one of the packages for it is not installed:
// node without-sdk-program DIRECTORY PACKAGE
const [stateDirectory = "", missing = ""] = process.argv.slice(2);

registerHooks({
  resolve(specifier, context, next) {
    return next(specifier === missing ? `${specifier}-missing` : specifier, context);
  },
});

async function main(): Promise<void> {
  const settings = { serverUrl: "ws://localhost:9", stateDirectory };
  const description = { serviceName: "edge" };
  try {
    await createAgent({ ...settings, description, ownTelemetry: {} });
  } catch (thrown) {
    if (thrown instanceof OpAMPError) process.stdout.write(`${thrown.code} ${thrown.message}`);
  }
  const agent = await createAgent({ ...settings, description });
  await agent.stop();
}

void main();
