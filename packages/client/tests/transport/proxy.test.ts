import { inspect } from "node:util";
import {
  type CertificateAuthority,
  createCertificateAuthority,
  createFakeClock,
  eventually,
  startConnectProxy,
  startSocksProxy,
} from "@opamp/test-kit";
import { beforeAll, describe, expect, it } from "vitest";
import { createTransport } from "../../src/transport/create-transport.ts";
import { connectClient, failureOf } from "./_util/client-end.ts";
import { reach, schemes, startEndpoint } from "./_util/endpoint.ts";
import { networkOptions } from "./_util/network-options.ts";

let authority: CertificateAuthority;
beforeAll(async () => {
  authority = await createCertificateAuthority();
});

const targets = schemes.flatMap((scheme) => [
  { scheme, isTls: false, name: scheme },
  { scheme, isTls: true, name: `${scheme}s` },
]);

describe.each(targets)("to a server of $name:", ({ scheme, isTls }) => {
  const start = async () =>
    startEndpoint(scheme, isTls ? await authority.issueServer() : undefined);
  const tls = () => ({ ca: authority.cert });

  it("uses CONNECT through an http: proxy, with its headers there only [C-167 L-05]", async () => {
    await using server = await start();
    await using proxy = await startConnectProxy();
    const url = proxy.url.replace("//", "//us%40er:secret@");
    const connectHeaders = { "x-for-proxy": ["a", "b"] };
    const headers = { authorization: "Bearer for-server" };
    await reach(server.url, { tls: tls(), headers, proxy: { url, connectHeaders } });
    expect(proxy.requests).toHaveLength(1);
    const [connect] = proxy.requests;
    expect(connect).toMatchObject({ method: "CONNECT", target: `localhost:${server.port}` });
    expect(connect?.headers).toMatchObject({
      "x-for-proxy": "a, b",
      "proxy-authorization": `Basic ${Buffer.from("us@er:secret").toString("base64")}`,
    });
    expect(connect?.headers.authorization).toBeUndefined();
    const [request] = server.requests();
    expect(request?.headers.authorization).toBe("Bearer for-server");
    expect(request?.headers["x-for-proxy"]).toBeUndefined();
    expect(request?.headers["proxy-authorization"]).toBeUndefined();
    await eventually(() => expect(proxy.openConnections).toBe(0));
  });

  it("speaks TLS to an https: proxy, with the client certificate [C-166 L-05]", async () => {
    await using server = await start();
    const proxyTls = {
      ...(await authority.issueServer()),
      ca: authority.cert,
      requestCert: true,
      rejectUnauthorized: true,
    };
    await using proxy = await startConnectProxy({ tls: proxyTls });
    const agent = await authority.issueClient("agent");
    await reach(server.url, { tls: { ...tls(), ...agent }, proxy: { url: proxy.url } });
    expect(proxy.requests).toHaveLength(1);
    expect(server.requests()).toHaveLength(1);
  });

  it("goes through a SOCKS proxy that resolves the name [L-05]", async () => {
    await using server = await start();
    const credentials = { user: "us@er", password: "secret" };
    await using proxy = await startSocksProxy({ credentials });
    const url = proxy.url.replace("//", "//us%40er:secret@");
    await reach(server.url, { tls: tls(), proxy: { url } });
    expect(proxy.requests).toEqual([
      { addressType: "domain", host: "localhost", port: server.port },
    ]);
    expect(server.requests()).toHaveLength(1);
  });

  it("resolves the name itself for socks5: [L-05]", async () => {
    await using server = await start();
    await using proxy = await startSocksProxy();
    await reach(server.url.replace("localhost", "127.0.0.1"), {
      tls: tls(),
      proxy: { url: proxy.url.replace("socks5h", "socks5") },
    });
    expect(proxy.requests).toEqual([{ addressType: "ipv4", host: "127.0.0.1", port: server.port }]);
  });

  it.each([401, 403, 407, 429, 502, 503])(
    "fails with proxy-failed when the proxy refuses with %i [L-05]",
    async (refuseWith) => {
      await using server = await start();
      await using proxy = await startConnectProxy({ refuseWith });
      const url = proxy.url.replace("//", "//user:secret@");
      const failure: unknown = await failureOf(reach(server.url, { tls: tls(), proxy: { url } }));
      expect(failure).toMatchObject({ code: "proxy-failed", retryable: true });
      expect(String(failure)).toContain(String(refuseWith));
      expect(server.connections).toBe(0);
      await eventually(() => expect(proxy.openConnections).toBe(0));
    },
  );

  it("fails with proxy-failed when a SOCKS proxy refuses the request or the password [L-05]", async () => {
    await using server = await start();
    await using refusing = await startSocksProxy({ refuse: true });
    await using guarded = await startSocksProxy({ credentials: { user: "a", password: "b" } });
    const wrong = guarded.url.replace("//", "//user:secret@");
    for (const url of [refusing.url, guarded.url, wrong]) {
      const failure: unknown = await failureOf(reach(server.url, { tls: tls(), proxy: { url } }));
      expect(failure).toMatchObject({ code: "proxy-failed" });
      expect(inspectDeeply(failure)).not.toContain("secret");
    }
    expect(server.connections).toBe(0);
    await eventually(() => expect(guarded.openConnections + refusing.openConnections).toBe(0));
  });

  it("fails with proxy-failed when the proxy is dead, and goes nowhere else [L-05]", async () => {
    await using server = await start();
    const proxies = [await startConnectProxy(), await startSocksProxy()];
    await Promise.all(proxies.map((proxy) => proxy.close()));
    for (const { url } of proxies) {
      await expect(reach(server.url, { tls: tls(), proxy: { url } })).rejects.toMatchObject({
        code: "proxy-failed",
      });
    }
    expect(server.connections).toBe(0);
  });

  it("gives up on a silent proxy after the connect deadline, and leaves no connection [L-19]", async () => {
    await using server = await start();
    await using connectProxy = await startConnectProxy({ silent: true });
    await using socksProxy = await startSocksProxy({ silent: true });
    for (const proxy of [connectProxy, socksProxy]) {
      const clock = createFakeClock();
      const options = {
        clock,
        tls: tls(),
        proxy: { url: proxy.url },
        timeouts: { connectMs: 60_000 },
      };
      const failed = failureOf(reach(server.url, options));
      await eventually(() => expect(proxy.openConnections).toBe(1));
      await clock.advance(60_000);
      expect(await failed).toMatchObject({ code: "timeout" });
      await eventually(() => expect(proxy.openConnections).toBe(0));
    }
  });
});

describe("a proxy", () => {
  it("that is not trusted fails with proxy-failed, before it learns anything", async () => {
    await using server = await startEndpoint("http");
    await using proxy = await startConnectProxy({ tls: await authority.issueServer() });
    await expect(reach(server.url, { proxy: { url: proxy.url } })).rejects.toMatchObject({
      code: "proxy-failed",
    });
    expect(proxy.requests).toEqual([]);
  });

  it("keeps its tunnel for the next exchange", async () => {
    await using server = await startEndpoint("http");
    await using proxy = await startConnectProxy();
    const options = networkOptions(server.url, { proxy: { url: proxy.url } });
    const client = await connectClient(createTransport(options));
    await client.session.send(new Uint8Array(1));
    await client.session.send(new Uint8Array(2));
    expect(proxy.requests).toHaveLength(1);
    await client.session.close();
    await eventually(() => expect(proxy.openConnections).toBe(0));
  });

  it("of host and port alone is an http: proxy", async () => {
    await using server = await startEndpoint("ws");
    await using proxy = await startConnectProxy();
    await reach(server.url, { proxy: { url: `127.0.0.1:${proxy.port}` } });
    expect(proxy.requests).toHaveLength(1);
  });

  it.each(["", "socks4://proxy", "ftp://proxy"])("of %j is refused at creation [L-05]", (url) => {
    for (const scheme of schemes) {
      expect(() => createTransport(networkOptions(`${scheme}://host`, { proxy: { url } }))).toThrow(
        expect.objectContaining({ code: "invalid-argument" }),
      );
    }
  });
});

/** All that a log of this error could show. */
function inspectDeeply(error: unknown): string {
  return inspect(error, { depth: 10, showHidden: true });
}
