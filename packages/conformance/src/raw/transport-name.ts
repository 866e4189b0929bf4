/** How messages travel. */
export const transportNames = ["websocket", "http"] as const;

export type TransportName = (typeof transportNames)[number];
