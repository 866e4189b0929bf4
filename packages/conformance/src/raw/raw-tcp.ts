import { connect } from "node:net";

/** Sends text below HTTP, and resolves with what comes back until the end of the response head. */
export function exchangeTcp(port: number, text: string): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const socket = connect(port, "127.0.0.1", () => socket.write(text, "latin1"));
  let reply = "";
  socket.on("error", reject);
  socket.on("close", () => resolve(reply));
  socket.on("data", (chunk) => {
    reply += chunk.toString("latin1");
    if (reply.includes("\r\n\r\n")) socket.destroy();
  });
  return promise;
}
