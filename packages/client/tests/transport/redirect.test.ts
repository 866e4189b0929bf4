import type { IncomingMessage } from "node:http";
import type { TLSSocket } from "node:tls";
import {
  type CertificateAuthority,
  createCertificateAuthority,
  eventually,
  startConnectProxy,
} from "@opamp/test-kit";
import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Redirect } from "../../src/transport/network-options.ts";
import { failureOf } from "./_util/client-end.ts";
import { type Endpoint, reach, type Scheme, schemes, startEndpoint } from "./_util/endpoint.ts";

const STATUSES: Readonly<Record<Scheme, readonly number[]>> = {
  ws: [301, 302, 303, 307, 308],
  http: [307, 308],
};

const headers = { authorization: "Bearer secret", cookie: "a=b", "user-agent": "mine" };

describe.each(schemes)("a redirect of %s", (scheme) => {
  let server: Endpoint;
  let seen: IncomingMessage[];
  beforeEach(async () => {
    server = await startEndpoint(scheme);
    seen = [];
  });
  afterEach(() => server[Symbol.asyncDispose]());

  /** Redirects every request outside /v1/opamp to what its path is mapped to. */
  const redirect = (from: Endpoint, to: Record<string, string>, status = 307): void =>
    from.onOther((request, response) => {
      seen.push(request);
      const location = to[request.url ?? ""];
      response.writeHead(status, location === undefined ? {} : { location }).end("moved");
    });
  const at = (path: string): string => `${server.origin(scheme)}${path}`;

  it.each(STATUSES[scheme])(
    "with status %i is followed, with the user's headers [L-04]",
    async (status) => {
      redirect(server, { "/old": "/v1/opamp?tenant=1" }, status);
      await reach(at("/old"), { headers });
      expect(server.requests()[0]?.url).toBe("/v1/opamp?tenant=1");
      expect(server.requests()[0]?.headers).toMatchObject(headers);
      await eventually(() => expect(server.openConnections).toBe(0));
    },
  );

  it("is followed over several hops, and from the configured URL on the next connect [L-04]", async () => {
    redirect(server, { "/a": "/b", "/b": at("/c"), "/c": server.url });
    await reach(at("/a"));
    await reach(at("/a"));
    expect(seen.map(({ url }) => url)).toEqual(["/a", "/b", "/c", "/a", "/b", "/c"]);
    expect(server.requests()).toHaveLength(2);
  });

  it("is refused beyond the limit [L-04]", async () => {
    redirect(server, { "/loop": "/loop" });
    await expect(reach(at("/loop"), { limits: { maxRedirects: 3 } })).rejects.toMatchObject({
      code: "redirect-refused",
      status: 307,
      retryable: true,
    });
    expect(seen).toHaveLength(4);
    await eventually(() => expect(server.openConnections).toBe(0));
  });

  it.each([
    ["no Location", undefined],
    ["a Location that is no URL", "http://[bad"],
  ])("with %s is an error [L-04]", async (_what, location) => {
    redirect(server, location === undefined ? {} : { "/old": location });
    await expect(reach(at("/old"))).rejects.toMatchObject({
      code: "unexpected-response",
      status: 307,
    });
  });

  it.each([
    ["another scheme", "ftp://localhost/"],
    ["a URL with credentials", "//user:pw@localhost/"],
  ])("to %s is refused [L-04]", async (_what, location) => {
    redirect(server, { "/old": location });
    const failure: unknown = await failureOf(reach(at("/old")));
    expect(failure).toMatchObject({ code: "redirect-refused" });
    expect(String(failure)).not.toContain("pw");
  });

  it("drops the user's headers on the way to another origin, for good [L-04]", async () => {
    await using other = await startEndpoint(scheme);
    redirect(server, { "/old": `${other.origin(scheme)}/hop` });
    other.onOther((request, response) => {
      seen.push(request);
      const location = request.url === "/hop" ? "/next" : server.url;
      response.writeHead(307, { location }).end();
    });
    await reach(at("/old"), { headers });
    expect(seen.map(({ url }) => url)).toEqual(["/old", "/hop", "/next"]);
    expect(seen[0]?.headers).toMatchObject(headers);
    for (const request of [seen[1], seen[2], server.requests()[0]]) {
      expect(request?.headers.authorization).toBeUndefined();
      expect(request?.headers.cookie).toBeUndefined();
      expect(request?.headers["user-agent"]).toMatch(/^opamp-ts\//);
    }
  });

  it("takes another host name on the same address for another origin [L-04]", async () => {
    redirect(server, { "/old": server.url.replace("localhost", "127.0.0.1") });
    await reach(at("/old"), { headers });
    expect(server.requests()[0]?.headers.authorization).toBeUndefined();
  });

  it("asks the user first, who sees every hop", async () => {
    redirect(server, { "/a": "/b?token=1", "/b?token=1": "/v1/opamp" }, 308);
    const asked: Redirect[] = [];
    await reach(at("/a"), {
      checkRedirect: async (redirected) => {
        asked.push(redirected);
      },
    });
    expect(asked.map(({ from, to, status, hops }) => [from.href, to.href, status, hops])).toEqual([
      [at("/a"), at("/b?token=1"), 308, 0],
      [at("/b?token=1"), server.url, 308, 1],
    ]);
  });

  it.each([
    [
      "throws",
      () => {
        throw new Error("not there");
      },
    ],
    ["rejects", () => Promise.reject(new Error("not there"))],
  ])("is refused when the user's check %s [L-07]", async (_how, checkRedirect) => {
    redirect(server, { "/a": "/v1/opamp?token=secret" });
    const failure: unknown = await failureOf(reach(at("/a"), { checkRedirect }));
    expect(failure).toMatchObject({
      code: "redirect-refused",
      cause: expect.objectContaining({ message: "not there" }),
    });
    expect(String(failure)).not.toContain("secret");
    expect(server.requests()).toEqual([]);
  });

  describe("over TLS", () => {
    let authority: CertificateAuthority;
    let agents: (string | undefined)[];
    beforeAll(async () => {
      authority = await createCertificateAuthority();
    });
    const startTls = async (): Promise<Endpoint> => {
      const options = { ca: authority.cert, requestCert: true, rejectUnauthorized: false };
      const endpoint = await startEndpoint(scheme, {
        ...(await authority.issueServer()),
        ...options,
      });
      endpoint.server.on("secureConnection", (socket: TLSSocket) => {
        agents.push(socket.getPeerCertificate().subject?.CN);
      });
      return endpoint;
    };
    beforeEach(() => {
      agents = [];
    });

    it("never goes to clear text [L-04]", async () => {
      await using secure = await startTls();
      redirect(secure, { "/old": server.url });
      const failed = reach(`${secure.origin(scheme)}/old`, { tls: { ca: authority.cert } });
      await expect(failed).rejects.toMatchObject({ code: "redirect-refused" });
      expect(server.connections).toBe(0);
    });

    it("shows the client certificate to the configured origin only [L-04]", async () => {
      await using secure = await startTls();
      await using other = await startTls();
      redirect(secure, { "/old": other.url, "/same": "/v1/opamp" });
      const tls = { ca: authority.cert, ...(await authority.issueClient("agent")) };
      await reach(`${secure.origin(scheme)}/old`, { tls });
      expect(agents).toEqual(["agent", undefined]);
      await reach(`${secure.origin(scheme)}/same`, { tls });
      expect(agents.slice(2).every((name) => name === "agent")).toBe(true);
    });

    it("may come from clear text", async () => {
      await using secure = await startTls();
      redirect(server, { "/old": secure.url });
      await reach(at("/old"), { headers, tls: { ca: authority.cert } });
      expect(secure.requests()[0]?.headers.authorization).toBeUndefined();
    });
  });
});

it("maps the http: Location of a WebSocket handshake to ws: [L-04]", async () => {
  await using server = await startEndpoint("ws");
  server.onOther((_request, response) => {
    response.writeHead(307, { location: server.url.replace("ws:", "http:") }).end();
  });
  await reach(`${server.origin("ws")}/old`, { headers });
  expect(server.requests()[0]?.headers.authorization).toBe("Bearer secret");
});

it.each([301, 302, 303])(
  "never follows a %i of a POST, which would lose its body [L-04]",
  async (status) => {
    await using server = await startEndpoint("http");
    server.onOther((_request, response) => {
      response.writeHead(status, { location: server.url }).end();
    });
    await expect(reach(`${server.origin("http")}/old`)).rejects.toMatchObject({
      code: "unexpected-response",
      status,
    });
    expect(server.requests()).toEqual([]);
  },
);

it("drops a connection to another origin whose answer is no message [L-03]", async () => {
  await using server = await startEndpoint("http");
  await using other = await startEndpoint("http");
  server.onOther((_request, response) => {
    response.writeHead(307, { location: `${other.origin("http")}/page` }).end();
  });
  other.onOther((_request, response) => {
    response.writeHead(200, { "content-type": "text/html" }).write("<p>without end");
  });
  await expect(reach(`${server.origin("http")}/old`)).rejects.toMatchObject({
    code: "unexpected-response",
  });
  await eventually(() => expect(other.openConnections + server.openConnections).toBe(0));
});

it("follows a redirect through the proxy, never around it [L-05]", async () => {
  await using server = await startEndpoint("http");
  await using other = await startEndpoint("http");
  await using proxy = await startConnectProxy();
  server.onOther((_request, response) => {
    response.writeHead(307, { location: other.url }).end();
  });
  await reach(`${server.origin("http")}/old`, { proxy: { url: proxy.url } });
  expect(proxy.requests.map(({ target }) => target)).toEqual([
    `localhost:${server.port}`,
    `localhost:${other.port}`,
  ]);
});
