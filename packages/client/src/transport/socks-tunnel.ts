import { lookup } from "node:dns/promises";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { SocksClient } from "socks";
import type { TunnelOptions } from "./tunnel-options.ts";

/** Opens a tunnel through a SOCKS 5 proxy: `socks5:` resolves the target's name here, `socks5h:` there. */
export async function openSocksTunnel(options: TunnelOptions): Promise<Socket> {
  const { proxy, target, signal } = options;
  const { user, password } = proxy;
  const host = proxy.scheme === "socks5:" ? (await lookup(target.host)).address : target.host;
  const socket = connect({ host: proxy.host, port: proxy.port, signal });
  await once(socket, "connect");
  try {
    await SocksClient.createConnection({
      command: "connect",
      destination: { host, port: target.port },
      existing_socket: socket,
      timeout: options.timeoutMs,
      proxy: {
        host: proxy.host,
        port: proxy.port,
        type: 5,
        ...(user === "" ? {} : { userId: user, password }),
      },
    });
    return socket;
  } catch (thrown) {
    socket.destroy();
    throw thrown;
  }
}
