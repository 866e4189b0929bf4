import { hash } from "node:crypto";
import type { IncomingMessage } from "node:http";

/** RFC 6455, section 1.3. */
const GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
/** 16 bytes in base64. */
const KEY = /^[+/0-9A-Za-z]{22}==$/;

/**
 * What opens the WebSocket of a request that is as those of nearly all agents are. Undefined for one
 * that needs a closer look: it may be wrong, or offers a subprotocol, or an extension that is taken.
 */
export function plainHandshake(
  { method, headers }: IncomingMessage,
  takesExtensions: boolean,
): string | undefined {
  const key = headers["sec-websocket-key"];
  if (method !== "GET" || key === undefined || !KEY.test(key)) return undefined;
  if (headers["sec-websocket-version"] !== "13") return undefined;
  if (headers["sec-websocket-protocol"] !== undefined) return undefined;
  if (takesExtensions && headers["sec-websocket-extensions"] !== undefined) return undefined;
  const accepted = hash("sha1", key + GUID, "base64");
  return `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accepted}\r\n\r\n`;
}
