import {
  decodeServerToAgent,
  encodeServerToAgent,
  type OpAMPConnectionSettings,
  type OpAMPConnectionSettingsInit,
} from "@opamp/protocol";
import { type CertificateAuthority, createCertificateAuthority } from "@opamp/test-kit";
import { beforeAll, describe, expect, it } from "vitest";
import type { WholeConnectionSettings } from "../connection-settings.ts";
import { connectionSettingsFromOffer, type OfferOptions } from "./settings-from-offer.ts";

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
const destinationEndpoint = "wss://new.example.com/v1/opamp";

const present: WholeConnectionSettings = {
  serverUrl: "wss://old.example.com",
  headers: { authorization: "Bearer 1" },
  tls: { minVersion: "TLSv1.3" },
  proxy: { url: "http://proxy.example.com" },
  compression: true,
  heartbeatIntervalMs: 30_000,
};

let authority: CertificateAuthority;
beforeAll(async () => {
  authority = await createCertificateAuthority();
});

function received(opamp: OpAMPConnectionSettingsInit): OpAMPConnectionSettings {
  const bytes = encodeServerToAgent({ connectionSettings: { opamp } });
  const settings = decodeServerToAgent(bytes).connectionSettings?.opamp;
  if (settings === undefined) throw new Error("the offer was lost");
  return settings;
}

function accepted(
  offer: OpAMPConnectionSettingsInit,
  options: Partial<OfferOptions> = {},
): WholeConnectionSettings {
  const reading = connectionSettingsFromOffer(received(offer), { present, ...options });
  if (reading.kind === "accepted") return reading.settings;
  throw reading.error;
}

function problemWith(
  offer: OpAMPConnectionSettingsInit,
  options: Partial<OfferOptions> = {},
): string {
  const full = { destinationEndpoint, ...offer };
  const reading = connectionSettingsFromOffer(received(full), { present, ...options });
  if (reading.kind === "accepted") throw new Error("the offer was accepted");
  expect(reading.error.code).toBe("invalid-argument");
  return reading.error.message;
}

describe("an offer for the OpAMP connection", () => {
  it("replaces address and headers, and keeps TLS and proxy [A-22 C-158 C-165]", () => {
    expect(accepted({ destinationEndpoint, heartbeatIntervalSeconds: 10n })).toEqual({
      ...present,
      serverUrl: destinationEndpoint,
      headers: {},
      heartbeatIntervalMs: 10_000,
    });
  });

  it("brings headers, of which one may come twice [C-122]", () => {
    const headers = {
      headers: [
        { key: "a", value: "1" },
        { key: "b", value: "2" },
        { key: "a", value: "3" },
      ],
    };
    expect(accepted({ destinationEndpoint, headers }).headers).toEqual({ a: ["1", "3"], b: "2" });
  });

  it("replaces the whole of TLS and of the proxy when it brings them [C-158 C-165 C-167]", () => {
    const tls = { maxVersion: "TLSv1.2", cipherSuites: ["TLS_RSA_WITH_AES_128_GCM_SHA256"] };
    const proxy = {
      url: "10.0.0.1:3128",
      connectHeaders: { headers: [{ key: "proxy-authorization", value: "Basic eA==" }] },
    };
    expect(accepted({ destinationEndpoint, tls, proxy })).toMatchObject({
      tls: { minVersion: "TLSv1.2", maxVersion: "TLSv1.2", ciphers: "AES128-GCM-SHA256" },
      proxy: { url: "10.0.0.1:3128", connectHeaders: { "proxy-authorization": "Basic eA==" } },
    });
  });

  it("may add the system's authorities to its own", () => {
    const ca = authority.cert;
    const tls = { caPemContents: ca, includeSystemCaCertsPool: true };
    expect(accepted({ destinationEndpoint, tls }).tls).toMatchObject({ ca, includeSystemCa: true });
    expect(accepted({ destinationEndpoint, tls: { caPemContents: ca } }).tls).toMatchObject({
      ca,
      includeSystemCa: false,
    });
  });

  it("uses its certificate, and none when it brings none [A-22 C-123 C-124]", async () => {
    const { cert, key } = await authority.issueClient("a");
    const before = { ...present, tls: { ...present.tls, cert: "old", key: "old" } };
    expect(accepted({ destinationEndpoint }, { present: before }).tls).toEqual(present.tls);
    const certificate = { cert: utf8(cert), privateKey: utf8(key), caCert: utf8(authority.cert) };
    expect(accepted({ destinationEndpoint, certificate }).tls).toEqual({
      minVersion: "TLSv1.3",
      cert,
      key,
    });
  });

  it("may leave out the key of a certificate that this end asked for", async () => {
    const { cert, key } = await authority.issueClient("a");
    const certificate = { cert: utf8(cert) };
    expect(problemWith({ certificate })).toMatch(/^certificate.private_key: is empty/);
    expect(accepted({ destinationEndpoint, certificate }, { privateKey: key }).tls).toMatchObject({
      cert,
      key,
    });
    const { key: foreign } = await authority.issueClient("b");
    expect(problemWith({ certificate }, { privateKey: foreign })).toMatch(/is not the key of/);
  });

  it("changes only what it says when it brings a certificate and no endpoint", async () => {
    const { cert, key } = await authority.issueClient("a");
    const certificate = { cert: utf8(cert), privateKey: utf8(key) };
    expect(accepted({ certificate })).toEqual({ ...present, tls: { ...present.tls, cert, key } });
    const headers = { headers: [{ key: "authorization", value: "Bearer 2" }] };
    expect(accepted({ certificate, headers, heartbeatIntervalSeconds: 5n })).toMatchObject({
      serverUrl: present.serverUrl,
      headers: { authorization: "Bearer 2" },
      heartbeatIntervalMs: 5000,
    });
  });

  it("stops heartbeats with an interval of 0, but no polls [A-01 C-20]", () => {
    expect(accepted({ destinationEndpoint }).heartbeatIntervalMs).toBe(0);
    const https = { destinationEndpoint: "https://new.example.com" };
    expect(accepted(https).heartbeatIntervalMs).toBe(30_000);
    const silent = { ...present, heartbeatIntervalMs: 0 };
    expect(accepted(https, { present: silent }).heartbeatIntervalMs).toBe(30_000);
  });

  it.each([
    ["destination_endpoint: ", { destinationEndpoint: "" }],
    ["destination_endpoint: ", { destinationEndpoint: "not a url" }],
    ["destination_endpoint: ", { destinationEndpoint: "ftp://a.example.com" }],
    ["destination_endpoint: is in clear text", { destinationEndpoint: "ws://a.example.com" }],
    ["destination_endpoint: is in clear text", { destinationEndpoint: "http://a.example.com" }],
    ["headers: ", { headers: { headers: [{ key: "a b", value: "" }] } }],
    ["headers: ", { headers: { headers: [{ key: "content-length", value: "1" }] } }],
    ["certificate.cert: is empty", { certificate: {} }],
    ["certificate.cert: is not in PEM form", { certificate: { cert: utf8("x") } }],
    ["tls.insecure_skip_verify: ", { tls: { insecureSkipVerify: true } }],
    ["tls.min_version: ", { tls: { minVersion: "2.0" } }],
    ["tls.min_version: TLSv1.1 is older", { tls: { minVersion: "1.1" } }],
    ["tls.max_version: TLSv1 is older", { tls: { maxVersion: "TLSv1.0" } }],
    ["tls: ", { tls: { minVersion: "1.3", maxVersion: "1.2" } }],
    ["tls.cipher_suites: ", { tls: { cipherSuites: ["TLS_NO_SUCH"] } }],
    ["tls.ca_pem_contents: ", { tls: { caPemContents: "/etc/ca.pem" } }],
    ["proxy: ", { proxy: {} }],
    ["proxy: ", { proxy: { url: "ftp://proxy.example.com" } }],
  ])("is refused because of %s [C-108 C-164 C-244 L-01]", (problem, offer) => {
    expect(problemWith(offer)).toContain(problem);
  });

  it("may weaken the connection where this end allows it [C-161 C-162 C-163]", () => {
    const insecure = { destinationEndpoint, tls: { insecureSkipVerify: true } };
    expect(accepted(insecure, { policy: { allowInsecureSkipVerify: true } }).tls).toMatchObject({
      insecureSkipVerify: true,
    });
    const old = { destinationEndpoint, tls: { minVersion: "1.1" } };
    expect(accepted(old, { policy: { minTlsVersion: "TLSv1.1" } }).tls.minVersion).toBe("TLSv1.1");
    const clear = { destinationEndpoint: "ws://new.example.com" };
    expect(accepted(clear, { policy: { allowCleartext: true } }).serverUrl).toBe(
      "ws://new.example.com",
    );
    const cleartext = { ...present, serverUrl: "http://old.example.com" };
    expect(accepted(clear, { present: cleartext }).serverUrl).toBe("ws://new.example.com");
  });

  it("is held to the oldest TLS version of the policy [C-162 C-163]", () => {
    const policy = { minTlsVersion: "TLSv1.3" } as const;
    expect(accepted({ destinationEndpoint, tls: {} }, { policy }).tls.minVersion).toBe("TLSv1.3");
    expect(problemWith({ tls: { maxVersion: "1.2" } }, { policy })).toMatch(/^tls.max_version: /);
  });

  it.each([
    ["1.3", "TLSv1.3"],
    ["TLSv1.3", "TLSv1.3"],
    ["", "TLSv1.2"],
  ])("may call a version %s [C-162 C-163]", (text, version) => {
    const tls = { minVersion: text, maxVersion: text };
    const settings = accepted({ destinationEndpoint, tls });
    expect(settings.tls.minVersion).toBe(version);
    expect(settings.tls.maxVersion).toBe(text === "" ? undefined : version);
  });
});
