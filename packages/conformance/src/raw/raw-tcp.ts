import { connect as connectPlain, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import type { Access } from "./access.ts";

/**
 * Sends the head of a request below HTTP, and resolves with what comes back until the end of the
 * head of the response. The headers of the access are added.
 */
export function exchangeTcp(
  url: URL,
  lines: readonly string[],
  access: Access = {},
): Promise<string> {
  const added = Object.entries(access.headers ?? {}).map(([name, value]) => `${name}: ${value}`);
  const text = [...lines, ...added, "", ""].join("\r\n");
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const socket = connect(url, access, () => socket.write(text, "latin1"));
  let reply = "";
  socket.on("error", reject);
  socket.on("close", () => resolve(reply));
  socket.on("data", (chunk) => {
    reply += chunk.toString("latin1");
    if (reply.includes("\r\n\r\n")) socket.destroy();
  });
  return promise;
}

function connect(
  { hostname, port, protocol }: URL,
  { tls }: Access,
  onConnect: () => void,
): Socket {
  const host = hostname.replace(/^\[|\]$/g, "");
  if (protocol !== "https:") return connectPlain(Number(port || 80), host, onConnect);
  const servername = host.includes(":") || /^[\d.]+$/.test(host) ? "" : host;
  return connectTls({ host, port: Number(port || 443), servername, ...tls }, onConnect);
}
