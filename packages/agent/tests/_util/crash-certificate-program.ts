import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createCertificateHolder } from "./certificate-holder.ts";
import { type CrashMoment, createFaultyFileSystem } from "./faulty-file-system.ts";

// An agent that wants a certificate, in a process of its own, which is killed at one operation on its
// disk: node crash-certificate-program SERVER DIRECTORY [OPERATION MOMENT]
const [serverUrl = "", stateDirectory = "", operation, moment] = process.argv.slice(2);

const fileSystem = createFaultyFileSystem({
  point:
    operation === undefined
      ? undefined
      : { operation: Number(operation), moment: moment as CrashMoment },
  die() {
    process.kill(process.pid, "SIGKILL");
    throw new Error("still alive");
  },
  onOperation: (name, count) => process.send?.({ name, count }),
});

async function main(): Promise<void> {
  const ca = readFileSync(join(stateDirectory, "ca.pem"));
  const agent = await createCertificateHolder({
    serverUrl,
    stateDirectory,
    fileSystem,
    tls: { ca },
  });
  process.on("disconnect", () => process.exit(1));
  process.on("message", () => void agent.stop().then(() => process.exit(0)));
  await agent.start();
}

void main();
