import type { Server } from "node:http";
import { request } from "node:http";
import type { AddressInfo } from "node:net";
import { systemClock } from "@opamp/protocol";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createFleet } from "../fleet/fleet.ts";
import { listenOnLoopback } from "../listen.ts";
import { createWebServer } from "./web-server.ts";

const uid = "0190f5a5-91c2-7b4e-8f2a-3c5d7e9f1b2d";
let server: Server;
let address: AddressInfo;

beforeEach(async () => {
  const fleet = createFleet({ clock: systemClock });
  server = createWebServer({ fleet, clock: systemClock, opampUrl: "ws://127.0.0.1:4320/v1/opamp" });
  address = await listenOnLoopback(server, 0);
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

interface Exchange {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string;
}

function ask(path: string, { method = "GET", headers = {}, body = "" }: Exchange = {}) {
  return new Promise<{ status: number | undefined; headers: object; text: string }>(
    (resolve, reject) => {
      const asked = request(
        { host: "127.0.0.1", port: address.port, path, method, headers },
        (response) => {
          response.setEncoding("utf8");
          let text = "";
          response.on("data", (chunk: string) => {
            text += chunk;
            if (path.startsWith("/api/events")) response.destroy();
          });
          response.on("close", () =>
            resolve({ status: response.statusCode, headers: response.headers, text }),
          );
        },
      );
      asked.on("error", reject);
      asked.end(body);
    },
  );
}

const change = (path: string, exchange: Exchange = {}) => {
  const host = `localhost:${address.port}`;
  return ask(path, { method: "PUT", headers: { host, origin: `http://${host}` }, ...exchange });
};

describe("createWebServer", () => {
  it("serves the page under a policy that lets nothing else in", async () => {
    const { status, headers, text } = await ask("/");
    expect(status).toBe(200);
    expect(text).toContain("<title>OpAMP demo</title>");
    expect(headers).toMatchObject({
      "content-type": "text/html; charset=utf-8",
      "content-security-policy": expect.stringContaining("default-src 'none'"),
      "x-content-type-options": "nosniff",
    });
  });

  it.each([
    "/nothing",
    "/../package.json",
    "/%2e%2e/package.json",
    "/src/main.ts",
    "//x",
    "//[",
    "*",
  ])("serves no other file: %s", async (path) => expect((await ask(path)).status).toBe(404));

  it("begins the events with the server and the agents", async () => {
    const { text, headers } = await ask("/api/events");
    expect(headers).toMatchObject({ "content-type": "text/event-stream" });
    expect(text).toContain("retry: 500");
  });

  it("answers to names of this machine only", async () => {
    for (const host of ["localhost:1", "127.0.0.1", "[::1]:4321"]) {
      expect((await ask("/", { headers: { host } })).status).toBe(200);
    }
    for (const host of [
      "evil.example",
      "localhost.evil.example",
      "evil.example:4321",
      "localhost:x",
    ]) {
      const { status, text } = await ask("/", { headers: { host } });
      expect(status).toBe(403);
      expect(text).toContain("this page answers at localhost only");
    }
  });

  it("takes a change from its own page only", async () => {
    const path = `/api/agents/${uid}/config`;
    const host = `localhost:${address.port}`;
    for (const origin of [
      "http://evil.example",
      `https://${host}`,
      "http://localhost:1",
      "null",
      "",
    ]) {
      expect((await change(path, { headers: { host, origin } })).status).toBe(403);
    }
    expect((await change(path, { headers: { host } })).status).toBe(403);
    expect((await change(path)).status).toBe(404);
  });

  it("says that it does not know an agent", async () => {
    const { status, text } = await change(`/api/agents/${uid}/restart`, { method: "POST" });
    expect(status).toBe(404);
    expect(JSON.parse(text).message).toMatch(/has not been heard/);
  });

  it("refuses a config that is too long", async () => {
    const { status, text } = await change(`/api/agents/${uid}/config`, {
      body: "x".repeat(2 ** 20 + 1),
    });
    expect(status).toBe(413);
    expect(JSON.parse(text).message).toMatch(/at most 1 MiB/);
  });
});
