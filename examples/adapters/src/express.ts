import { createServer, type Server } from "node:http";
import type { OpAMPServer } from "@opamp/server";
import express from "express";

const notFound = "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

/**
 * OpAMP as a route of an Express application, behind its middleware. `opamp.attach(server)` would do
 * the same in front of it.
 */
export function createExpressServer(opamp: OpAMPServer): Server {
  const app = express();
  app.all("/v1/opamp", (request, response) => opamp.handleRequest(request, response));
  app.use(express.json()); // What reads bodies comes after OpAMP.
  app.get("/healthz", (_request, response) => void response.send("ok"));

  const server = createServer(app);
  server.on("upgrade", (request, socket, head) => {
    const [path] = request.url?.split("?", 1) ?? [];
    if (path === "/v1/opamp") return void opamp.handleUpgrade(request, socket, head);
    socket.on("error", () => socket.destroy());
    socket.end(notFound, () => socket.destroy());
  });
  return server;
}
