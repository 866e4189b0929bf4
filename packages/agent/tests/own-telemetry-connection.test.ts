import { createCertificateAuthority, eventually, startConnectProxy } from "@opamp/test-kit";
import { describe, expect, it } from "vitest";
import { createLoggedLines } from "./_util/logged-lines.ts";
import { startOtlpReceiver } from "./_util/otlp-receiver.ts";
import { startTelemetryAgent } from "./_util/telemetry-agent.ts";

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

describe("the connection of own telemetry", () => {
  it("trusts the offered authorities, and without them those of the system only [C-159 C-160]", async () => {
    const authority = await createCertificateAuthority();
    await using receiver = await startOtlpReceiver({ tls: await authority.issueServer() });
    const logger = createLoggedLines();
    await using agent = await startTelemetryAgent({ logger });
    const destinationEndpoint = receiver.url("metrics");
    await agent.offerDestination("metrics", { destinationEndpoint });
    await eventually(async () => {
      await agent.clock.advance(1000);
      expect(logger.lines.join("\n")).toMatch(/own_metrics .* is not delivered: .*certificate/);
    });
    expect(receiver.requests).toEqual([]);
    const tls = { caPemContents: authority.cert };
    await agent.offerDestination("metrics", { destinationEndpoint, tls });
    await agent.clock.advance(10_000);
    await eventually(() => expect(receiver.requests).toHaveLength(1));
    expect(agent.outcomes).toEqual(["1 APPLIED", "2 APPLIED"]);
  });

  it("shows the offered client certificate, and none when the next offer has none [C-138 C-139]", async () => {
    const authority = await createCertificateAuthority();
    const server = await authority.issueServer();
    await using receiver = await startOtlpReceiver({
      tls: { ...server, ca: authority.cert, requestCert: true, rejectUnauthorized: false },
    });
    await using agent = await startTelemetryAgent();
    const destination = {
      destinationEndpoint: receiver.url("metrics"),
      tls: { caPemContents: authority.cert },
    };
    for (const name of ["first", "second", undefined]) {
      const certificate = name === undefined ? undefined : await authority.issueClient(name);
      await agent.offerDestination("metrics", {
        ...destination,
        ...(certificate && {
          certificate: { cert: utf8(certificate.cert), privateKey: utf8(certificate.key) },
        }),
      });
      receiver.forget();
      await agent.clock.advance(10_000);
      await eventually(() => expect(receiver.requests.at(-1)?.clientName).toBe(name));
    }
    expect(agent.outcomes).toEqual(["1 APPLIED", "2 APPLIED", "3 APPLIED"]);
  });

  it("goes through the offered proxy, with its headers on CONNECT only [C-167]", async () => {
    await using proxy = await startConnectProxy();
    await using receiver = await startOtlpReceiver();
    await using agent = await startTelemetryAgent();
    await agent.offerDestination("metrics", {
      destinationEndpoint: receiver.url("metrics"),
      proxy: {
        url: proxy.url,
        connectHeaders: { headers: [{ key: "X-Proxy-Token", value: "secret" }] },
      },
    });
    await agent.clock.advance(10_000);
    await eventually(() => expect(receiver.requests).toHaveLength(1));
    expect(proxy.requests[0]?.headers["x-proxy-token"]).toBe("secret");
    expect(receiver.requests[0]?.headers).not.toHaveProperty("x-proxy-token");
  });

  it("keeps TLS and proxy that the next offer leaves out [C-158 C-165]", async () => {
    const authority = await createCertificateAuthority();
    await using proxy = await startConnectProxy();
    const tls = await authority.issueServer();
    await using before = await startOtlpReceiver({ tls });
    await using after = await startOtlpReceiver({ tls });
    await using agent = await startTelemetryAgent();
    await agent.offerDestination("metrics", {
      destinationEndpoint: before.url("metrics"),
      tls: { caPemContents: authority.cert },
      proxy: { url: proxy.url },
    });
    await agent.offerUrl("metrics", after.url("metrics"));
    await agent.clock.advance(10_000);
    await eventually(() => expect(after.requests).toHaveLength(1));
    const { host } = new URL(after.url("metrics"));
    expect(proxy.requests.map(({ target }) => target)).toContain(host);
  });

  it.each([
    [{ tls: { insecureSkipVerify: true } }, "own_metrics: tls.insecure_skip_verify: "],
    [{ tls: { caPemContents: "none" } }, "own_metrics: tls.ca_pem_contents: "],
    [{ tls: { cipherSuites: ["TLS_NONE"] } }, "own_metrics: tls.cipher_suites: "],
    [{ certificate: { cert: utf8("none") } }, "own_metrics: certificate.cert: "],
    [{ proxy: {} }, "own_metrics: proxy: "],
    [{ destinationEndpoint: "" }, "own_metrics: destination_endpoint: is empty"],
  ])("is refused by name when it cannot be used: %o [C-108 C-126 L-01]", async (part, problem) => {
    await using receiver = await startOtlpReceiver();
    await using agent = await startTelemetryAgent();
    const headers = { headers: [{ key: "a", value: "b" }] };
    const destinationEndpoint = receiver.url("metrics");
    await agent.offerDestination("metrics", { destinationEndpoint, headers, ...part });
    expect(agent.outcomes).toEqual([expect.stringContaining(`1 FAILED ${problem}`)]);
    await agent.clock.advance(20_000);
    expect(receiver.requests).toEqual([]);
  });

  it("may go unverified where the program allows it [C-161]", async () => {
    const authority = await createCertificateAuthority();
    await using receiver = await startOtlpReceiver({ tls: await authority.issueServer() });
    await using agent = await startTelemetryAgent({
      connectionSettings: { policy: { allowInsecureSkipVerify: true } },
    });
    const tls = { insecureSkipVerify: true };
    await agent.offerDestination("metrics", { destinationEndpoint: receiver.url("metrics"), tls });
    await agent.clock.advance(10_000);
    await eventually(() => expect(receiver.requests).toHaveLength(1));
  });
});
