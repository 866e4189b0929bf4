import { createSharedConnection } from "@opamp/client";
import { FleetAgent, retry } from "./fleet-agent.ts";

/** How many agents of each kind. */
export interface FleetSize {
  /** With a WebSocket of their own. */
  readonly ownSockets: number;
  /** 50 on one WebSocket. */
  readonly sharing: number;
  /** Over HTTP. */
  readonly polling: number;
}

const AGENTS_PER_SHARED_CONNECTION = 50;

/** Makes agents of all kinds for one server. */
export function createFleet(
  port: number,
  { ownSockets, sharing, polling }: FleetSize,
): readonly FleetAgent[] {
  const place = `127.0.0.1:${port}/v1/opamp`;
  const shares = Array.from({ length: Math.ceil(sharing / AGENTS_PER_SHARED_CONNECTION) }, () =>
    createSharedConnection({ serverUrl: `ws://${place}`, retry }),
  );
  return [
    ...times(ownSockets, () => new FleetAgent({ serverUrl: `ws://${place}` })),
    ...shares.flatMap((connection) =>
      times(AGENTS_PER_SHARED_CONNECTION, () => new FleetAgent({ connection })),
    ),
    ...times(polling, () => new FleetAgent({ serverUrl: `http://${place}` })),
  ];
}

function times<T>(count: number, make: () => T): readonly T[] {
  return Array.from({ length: count }, make);
}
