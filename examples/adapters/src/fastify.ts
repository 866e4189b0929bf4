import type { OpAMPServer } from "@opamp/server";
import Fastify, { type FastifyInstance } from "fastify";

/** OpAMP on the server of a Fastify application, in front of its routes: both transports. */
export function createFastifyApp(opamp: OpAMPServer): FastifyInstance {
  const app = Fastify();
  app.get("/healthz", async () => "ok");
  app.addHook("onReady", async () => void opamp.attach(app.server));
  app.addHook("preClose", () => opamp.close());
  return app;
}
