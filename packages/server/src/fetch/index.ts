export { createFetchHandler, type FetchHandler } from "./fetch-handler.ts";
export type { FetchPeer } from "./fetch-request.ts";
