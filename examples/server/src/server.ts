// Gives each agent the config of its kind, and prints how agents are. --configs holds SERVICE.yaml
// and SERVICE.ENVIRONMENT.yaml; SIGHUP reads them again. $OPAMP_TOKEN is what agents have to bear.
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { attributesFromKeyValues, RemoteConfigStatuses } from "@opamp/protocol";
import * as opamp from "@opamp/server";

const text = { type: "string" } as const;
const { values } = parseArgs({ options: { configs: text, port: text, cert: text, key: text } });
const { configs: directory = ".", port = "4320", cert, key } = values;
if (!cert !== !key) throw new TypeError("--cert and --key go together");

async function readConfigs(): Promise<Map<string, opamp.RemoteConfigOffer>> {
  const offers = new Map<string, opamp.RemoteConfigOffer>();
  for (const name of (await readdir(directory)).filter((file) => file.endsWith(".yaml"))) {
    const file = { body: await readFile(join(directory, name)), contentType: "text/yaml" };
    offers.set(name, opamp.createRemoteConfigOffer({ "config.yaml": file }));
  }
  return offers;
}
function attributeOf({ parts }: opamp.TrackedAgent, name: string): string {
  const { identifyingAttributes = [], nonIdentifyingAttributes = [] } =
    parts.agentDescription ?? {};
  const all = attributesFromKeyValues([...nonIdentifyingAttributes, ...identifyingAttributes]);
  return typeof all[name] === "string" ? all[name] : "unnamed";
}
const statuses = Object.keys(RemoteConfigStatuses);
let configs = await readConfigs();
const tracker = opamp.createAgentTracker({
  desired(agent) {
    const service = attributeOf(agent, "service.name");
    const special = `${service}.${attributeOf(agent, "deployment.environment.name")}.yaml`;
    return { remoteConfig: configs.get(special) ?? configs.get(`${service}.yaml`) };
  },
  onEvent({ type }, agent) {
    const { health, remoteConfigStatus: { status = 0, errorMessage = "" } = {} } = agent.parts;
    const say = (what: string) => console.log(attributeOf(agent, "service.name"), agent.uid, what);
    if (type === "presence-changed") say(agent.presence);
    if (type === "health-changed") say(health?.healthy ? "healthy" : `sick: ${health?.lastError}`);
    if (type === "remote-config-status-changed") say(`config ${statuses[status]} ${errorMessage}`);
  },
});

const token = process.env.OPAMP_TOKEN;
const onConnecting = token ? opamp.requireBearer({ tokens: [token] }) : () => opamp.accept();
const callbacks = { ...tracker.callbacks, onConnecting };
const server = opamp.createOpAMPServer({ capabilities: tracker.capabilities, callbacks });
const tls = cert && key && { tls: { cert: await readFile(cert), key: await readFile(key) } };
const address = await server.listen({ port: Number(port), ...(tls || undefined) });
const url = `${tls ? "wss" : "ws"}://localhost:${address.port}/v1/opamp`;
console.log(`process ${process.pid}: agents connect to ${url}`);
const reload = async () => {
  configs = await readConfigs();
  await tracker.refreshAll();
};
process.on("SIGHUP", () => void reload().catch(console.error));
const stop = () => void server.close().then(() => tracker.close());
process.on("SIGTERM", stop).on("SIGINT", stop); // Not once: npm passes on a Ctrl-C.
