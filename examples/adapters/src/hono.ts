import type { FetchHandler } from "@opamp/server/fetch";
import { Hono } from "hono";

/** OpAMP over HTTP as a route of a Hono application, on whatever runtime that runs. */
export function createHonoApp(opamp: FetchHandler): Hono {
  const app = new Hono();
  app.all("/v1/opamp", (context) => opamp.fetch(context.req.raw));
  app.get("/healthz", (context) => context.text("ok"));
  return app;
}
