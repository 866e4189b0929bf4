import type { ServerStats, TransportStats } from "../observe/server-stats.ts";
import { type Metric, type Point, pointsByName } from "./metric.ts";

const TRANSPORT = "opamp.transport";
const DIRECTION = "network.io.direction";

/** What `observeServer` makes of the statistics of a server. */
export const serverMetrics: readonly Metric<ServerStats>[] = [
  {
    name: "opamp.server.connection.count",
    instrument: "up-down counter",
    unit: "{connection}",
    description: "WebSockets open now, and HTTP requests under way now.",
    attributes: [TRANSPORT],
    points: byTransport(({ open }) => open),
  },
  {
    name: "opamp.server.connection.opened",
    instrument: "counter",
    unit: "{connection}",
    description: "WebSockets that opened, and HTTP exchanges that were let in.",
    attributes: [TRANSPORT],
    points: byTransport(({ opened }) => opened),
  },
  {
    name: "opamp.server.connection.closed",
    instrument: "counter",
    unit: "{connection}",
    description: "Connections that ended, by what ended them.",
    attributes: [TRANSPORT, "opamp.close.cause"],
    points: byName("opamp.close.cause", ({ closed }) => closed),
  },
  {
    name: "opamp.server.connection.refused",
    instrument: "counter",
    unit: "{request}",
    description: "Requests that did not become a connection, by reason.",
    attributes: [TRANSPORT, "opamp.refusal.reason"],
    points: byName("opamp.refusal.reason", ({ refused }) => refused),
  },
  {
    name: "opamp.server.handshake.count",
    instrument: "up-down counter",
    unit: "{handshake}",
    description: "WebSocket upgrades now between their request and their answer.",
    attributes: [],
    points: ({ websocket }) => [{ value: websocket.handshakes, attributes: {} }],
  },
  {
    name: "opamp.server.agent.count",
    instrument: "up-down counter",
    unit: "{agent}",
    description: "Agents that share the open WebSockets now.",
    attributes: [],
    points: ({ websocket }) => [{ value: websocket.agents, attributes: {} }],
  },
  {
    name: "opamp.server.message.received",
    instrument: "counter",
    unit: "{message}",
    description: "Messages that could be read.",
    attributes: [TRANSPORT],
    points: byTransport(({ messagesReceived }) => messagesReceived),
  },
  {
    name: "opamp.server.message.unreadable",
    instrument: "counter",
    unit: "{message}",
    description: "What arrived and was no message.",
    attributes: [TRANSPORT],
    points: byTransport(({ messagesUnreadable }) => messagesUnreadable),
  },
  {
    name: "opamp.server.message.throttled",
    instrument: "counter",
    unit: "{message}",
    description: "Messages on WebSockets that were turned away, by reason.",
    attributes: ["opamp.throttle.reason"],
    points: ({ websocket }) => pointsByName(websocket.throttled, "opamp.throttle.reason"),
  },
  {
    name: "opamp.server.message.sent",
    instrument: "counter",
    unit: "{message}",
    description: "Messages that were written.",
    attributes: [TRANSPORT],
    points: byTransport(({ messagesSent }) => messagesSent),
  },
  {
    name: "opamp.server.message.unsent",
    instrument: "counter",
    unit: "{message}",
    description: "Answers and pushes that were not written, or given up.",
    attributes: [TRANSPORT],
    points: byTransport(({ messagesUnsent }) => messagesUnsent),
  },
  {
    name: "opamp.server.message.io",
    instrument: "counter",
    unit: "By",
    description: "Messages read and written, before compression and without frame headers.",
    attributes: [TRANSPORT, DIRECTION],
    points: (stats) => [
      ...byTransport(({ bytesReceived }) => bytesReceived, { [DIRECTION]: "receive" })(stats),
      ...byTransport(({ bytesSent }) => bytesSent, { [DIRECTION]: "transmit" })(stats),
    ],
  },
  {
    name: "opamp.server.receive_queue.size",
    instrument: "up-down counter",
    unit: "{message}",
    description: "Messages received over WebSocket that wait for the application now.",
    attributes: [],
    points: ({ websocket }) => [{ value: websocket.messagesPending, attributes: {} }],
  },
  {
    name: "opamp.server.send_queue.size",
    instrument: "up-down counter",
    unit: "{message}",
    description: "Messages that wait for slow readers now.",
    attributes: [],
    points: ({ websocket }) => [{ value: websocket.messagesQueued, attributes: {} }],
  },
  {
    name: "opamp.server.send_queue.usage",
    instrument: "up-down counter",
    unit: "By",
    description: "Bytes that wait for slow readers now.",
    attributes: [],
    points: ({ websocket }) => [{ value: websocket.bytesQueued, attributes: {} }],
  },
  {
    name: "opamp.server.callback.failed",
    instrument: "counter",
    unit: "{call}",
    description: "Calls of the application's callbacks that threw or rejected.",
    attributes: ["opamp.callback.name"],
    points: ({ callbackFailures }) => pointsByName(callbackFailures, "opamp.callback.name"),
  },
];

function byTransport(
  read: (stats: TransportStats) => number,
  others: Point["attributes"] = {},
): (stats: ServerStats) => Point[] {
  return ({ websocket, http }) => [
    { value: read(websocket), attributes: { [TRANSPORT]: "websocket", ...others } },
    { value: read(http), attributes: { [TRANSPORT]: "http", ...others } },
  ];
}

function byName(
  attribute: string,
  read: (stats: TransportStats) => Readonly<Record<string, number>>,
): (stats: ServerStats) => Point[] {
  return ({ websocket, http }) => [
    ...pointsByName(read(websocket), attribute, { [TRANSPORT]: "websocket" }),
    ...pointsByName(read(http), attribute, { [TRANSPORT]: "http" }),
  ];
}
