// Starts the server, or says in a line why it does not start.
import { describeThrown } from "@opamp/protocol";

const usage = `Starts an OpAMP server that gives each agent the config of its kind.

  npm run server -- [--configs DIRECTORY] [--port N] [--cert FILE --key FILE]

  --configs  holds SERVICE.yaml and SERVICE.ENVIRONMENT.yaml (default: this directory)
  --port     where agents connect (default 4320; 0 takes a free port)
  --cert     its certificate, in PEM: agents connect with TLS
  --key      the key of that

OPAMP_TOKEN in the environment is what agents have to bear. SIGHUP reads the configs again.`;

try {
  if (process.argv.includes("--help")) console.log(usage);
  else await import("./server.ts");
} catch (thrown) {
  console.error(`${describeThrown(thrown)}\nSee npm run server -- --help`);
  process.exitCode = 1;
}
