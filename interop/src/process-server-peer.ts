import type { Abilities } from "./ability.ts";
import { jsonFromMessage } from "./json.ts";
import type { PeerProgram } from "./json-lines-process.ts";
import { startPeerProcess } from "./peer-process.ts";
import type { ServerEvent, ServerOptions, ServerPeer } from "./server-peer.ts";
import { serverUrls } from "./server-url.ts";

/** A server in another language: a program that keeps the contract of the README. */
export function createProcessServerPeer(program: PeerProgram, abilities: Abilities): ServerPeer {
  return {
    name: program.name,
    abilities,
    async start({ tls, ...options }: ServerOptions) {
      await using cleanup = new AsyncDisposableStack();
      const peer = cleanup.use(startPeerProcess<ServerEvent>(program));
      const listening = (after: number): Promise<number> =>
        peer.events.find(
          "listening server",
          (event) => (event.event === "listening" ? event.port : undefined),
          { after },
        );
      peer.command({ command: "listen", ...tls, ...options });
      const port = await listening(0);

      const owned = cleanup.move();
      return {
        events: peer.events,
        port,
        url: serverUrls(port, tls !== undefined),
        offerConfig(config) {
          peer.command({ command: "offerConfig", remoteConfig: jsonFromMessage(config) });
        },
        send(message) {
          peer.command({ command: "send", message: jsonFromMessage(message) });
        },
        async restart() {
          const after = peer.events.events.length;
          peer.command({ command: "restart" });
          await listening(after);
        },
        [Symbol.asyncDispose]: () => owned.disposeAsync(),
      };
    },
  };
}
