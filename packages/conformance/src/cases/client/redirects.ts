import assert from "node:assert/strict";
import type { RawServer } from "../../raw/raw-server.ts";
import type { ClientCaseContext } from "../../runner/client-case-context.ts";
import type { ClientCase } from "../../runner/conformance-case.ts";
import { both, overHttp } from "../transports.ts";

const info = { side: "client", transports: both, requirements: ["L-04"] } as const;

/** Cases about redirects. */
export const redirectCases: readonly ClientCase[] = [
  {
    ...info,
    id: "client-tries-its-address-again-after-a-redirect",
    title: "tries its configured address again on the next connect after a redirect",
    async run(context) {
      const server = await context.serve();
      redirect(server, server.url(context.transport, "/elsewhere"));
      server.onNextMessages({ kind: "drop" });
      await context.start(server, { wishes: { intervalMs: 30 } });
      const attempts = attemptsAt(server, context);
      assert.equal((await attempts.take()).url, "/v1/opamp");
      // Whether it follows the redirect at all, and how often, is its own affair.
      for (let url = ""; url !== "/v1/opamp"; ) ({ url } = await attempts.take());
    },
  },
  {
    ...info,
    id: "client-keeps-credentials-from-other-origins",
    title: "sends no credentials to another origin that it is redirected to",
    async run(context) {
      const server = await context.serve();
      const other = await context.serve();
      redirect(server, other.url(context.transport));
      const authorization = "Bearer secret";
      await context.start(server, { headers: { authorization }, intervalMs: 30 });
      const first = await attemptsAt(server, context).take();
      assert.equal(first.headers.authorization, authorization);
      // Whether it follows or refuses is its own affair: it either shows up there or comes back.
      await Promise.race([attemptsAt(other, context).take(), attemptsAt(server, context).take()]);
      for (const { headers } of attemptsAt(other, context).all) {
        assert.equal(headers.authorization, undefined);
      }
    },
  },
  {
    ...info,
    id: "client-bounds-redirects",
    title: "gives up on redirects that lead in a circle, and tries again",
    async run(context) {
      const server = await context.serve();
      const circle = server.url(context.transport, "/circle");
      for (let hops = 0; hops < 30; hops += 1) redirect(server, circle);
      const client = await context.start(server);
      await client.events.take({ where: ({ kind }) => kind === "connect-failed" });
      const tried = attemptsAt(server, context).all.length;
      assert.ok(tried < 30, `the client followed ${tried} redirects`);
    },
  },
  ...[301, 302, 303].map(
    (status): ClientCase => ({
      ...info,
      transports: overHttp,
      id: `client-takes-${status}-for-an-error`,
      title: `takes ${status} in answer to a report for an error, and asks for nothing by GET`,
      async run(context) {
        const server = await context.serve();
        const headers = { location: server.url("http", "/elsewhere") };
        server.onNextAttempts({ kind: "status", status, headers });
        const client = await context.start(server, { wishes: { intervalMs: 30 } });
        await client.events.take({ where: ({ kind }) => kind === "connect-failed" });
        await server.messages.take();
        for (const { method, url } of server.requests.all) {
          assert.deepEqual([method, url], ["POST", "/v1/opamp"]);
        }
      },
    }),
  ),
];

function redirect(server: RawServer, location: string): void {
  server.onNextAttempts({ kind: "status", status: 307, headers: { location } });
}

function attemptsAt(
  server: RawServer,
  { transport }: ClientCaseContext,
): RawServer["requests"] | RawServer["upgrades"] {
  return transport === "http" ? server.requests : server.upgrades;
}
