import { fileURLToPath } from "node:url";
import { allAbilities } from "../ability.ts";
import type { ClientPeer } from "../client-peer.ts";
import { createProcessClientPeer } from "../process-client-peer.ts";
import { createProcessServerPeer } from "../process-server-peer.ts";
import type { ServerPeer } from "../server-peer.ts";

const program = (name: string): string =>
  fileURLToPath(new URL(`../../peers/go/bin/${name}`, import.meta.url));

/** opamp-go's client says no goodbye over HTTP. */
export const opampGoClient: ClientPeer = createProcessClientPeer(
  { name: "opamp-go client", command: [program("client")] },
  {
    websocket: allAbilities,
    http: allAbilities.filter((ability) => ability !== "goodbye"),
  },
);

const serverAbilities = [
  ...allAbilities,
  "connection-settings",
  "certificate",
  "packages",
] as const;

export const opampGoServer: ServerPeer = createProcessServerPeer(
  { name: "opamp-go server", command: [program("server")] },
  { websocket: serverAbilities, http: serverAbilities },
);
