import { createServer, type Server } from "node:http";
import type { OpAMPServer } from "@opamp/server";
import express from "express";

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
    const { pathname } = new URL(request.url ?? "/", "http://localhost");
    if (pathname === "/v1/opamp") void opamp.handleUpgrade(request, socket, head);
    else socket.destroy();
  });
  return server;
}
