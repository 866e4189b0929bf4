import { isIPv6, connect as netConnect, type Socket } from "node:net";
import { connect as tlsConnect } from "node:tls";
import { http } from "./node-http.ts";
import type { ProxyAddress } from "./proxy-url.ts";
import type { TunnelOptions } from "./tunnel-options.ts";

/** Opens a tunnel with CONNECT through an `http:` or `https:` proxy, for targets of any scheme. */
export function openHttpTunnel(options: TunnelOptions): Promise<Socket> {
  const { proxy, target } = options;
  const host = isIPv6(target.host) ? `[${target.host}]` : target.host;
  const authority = `${host}:${target.port}`;
  const socket = connectToProxy(options);
  const connecting = http.request({
    method: "CONNECT",
    path: authority,
    headers: { host: authority, ...authorization(proxy), ...proxy.connectHeaders },
    createConnection: () => socket,
  });
  return new Promise((resolve, reject) => {
    connecting.once("connect", ({ statusCode }, _socket, head) => {
      if (statusCode === 200) {
        if (head.length > 0) socket.unshift(head);
        resolve(socket);
      } else {
        socket.destroy();
        reject(new Error(`it answered CONNECT with status ${statusCode}`));
      }
    });
    connecting.once("response", () => reject(new Error("it did not answer CONNECT")));
    connecting.on("error", reject);
    connecting.end();
  });
}

function connectToProxy({ proxy, tls, signal }: TunnelOptions): Socket {
  const { host, port } = proxy;
  const socket = netConnect({ host, port, signal });
  if (proxy.scheme !== "https:") return socket;
  return tlsConnect({ socket, ALPNProtocols: ["http/1.1"], ...tls.trusted(host) });
}

function authorization({ user, password }: ProxyAddress): Record<string, string> {
  if (user === "" && password === "") return {};
  const credentials = Buffer.from(`${user}:${password}`).toString("base64");
  return { "proxy-authorization": `Basic ${credentials}` };
}
