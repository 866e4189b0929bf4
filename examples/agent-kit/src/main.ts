import { createAgent } from "@opamp/agent";

// The program: it says a text, again and again.
let text = "hello";
const timer = setInterval(() => console.log(text), 2000);

const agent = await createAgent({
  serverUrl: process.argv[2] ?? "ws://localhost:4320/v1/opamp",
  stateDirectory: process.argv[3] ?? ".agent-kit",
  description: { serviceName: "agent-kit", serviceVersion: "0.1.0" },
  remoteConfig: {
    apply({ objects }) {
      text = Object.values(objects)[0]?.text() ?? "";
    },
  },
  effectiveConfig: () => ({ text }),
  connectionSettings: {},
  health: { healthy: true },
});
await agent.start();

process.once("SIGINT", () => {
  clearInterval(timer);
  void agent.stop();
});
