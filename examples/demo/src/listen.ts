import type { Server } from "node:http";
import type { AddressInfo } from "node:net";

/** Opens a port and returns its number. When it is in use, throws an error that says what to do. */
export async function listen(
  option: "--opamp-port" | "--web-port",
  port: number,
  open: () => Promise<AddressInfo>,
): Promise<number> {
  try {
    return (await open()).port;
  } catch (thrown) {
    if (!isInUse(thrown)) throw thrown;
    const hint = `choose another, for instance with npm start -- ${option} ${port + 10}`;
    throw new Error(`port ${port} is in use; ${hint}`, { cause: thrown });
  }
}

/** Lets an HTTP server listen where only this machine can reach it. */
export function listenOnLoopback(server: Server, port: number): Promise<AddressInfo> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ port, host: "127.0.0.1" }, () => {
      server.off("error", reject);
      resolve(server.address() as AddressInfo);
    });
  });
}

function isInUse(thrown: unknown): boolean {
  if (!(thrown instanceof Error)) return false;
  return ("code" in thrown && thrown.code === "EADDRINUSE") || isInUse(thrown.cause);
}
