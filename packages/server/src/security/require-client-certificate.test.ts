import { createInstanceUid } from "@opamp/protocol";
import { describe, expect, it } from "vitest";
import type { ConnectRequest } from "../connect-request.ts";
import { requireClientCertificate } from "./require-client-certificate.ts";

/** The request of who has a verified certificate with such alternative names. */
function requestWith(subjectaltname: string | undefined): ConnectRequest {
  const peerCertificate = { subject: { CN: "edge" }, subjectaltname, serialNumber: "01" };
  return { peerCertificate, peerAuthorized: true } as unknown as ConnectRequest;
}

const uri = `URI:urn:uuid:${createInstanceUid()}`;

describe("a verified client certificate", () => {
  it("that names no agent lets in for any, unless a uid is needed", async () => {
    const identity = { name: "edge", credentialId: "01" };
    const request = requestWith("DNS:edge");
    expect(await requireClientCertificate()(request)).toEqual({ accept: true, identity });
    expect(await requireClientCertificate({ requireUid: true })(request)).toMatchObject({
      status: 403,
    });
  });

  it.each([
    ["several agents", `${uri}, URI:urn:uuid:${createInstanceUid()}`],
    ["what cannot be read", `DNS:"edge, ${uri}`],
  ])("that names %s is refused, whether a uid is needed or not", async (_, names) => {
    for (const requireUid of [false, true]) {
      const decision = await requireClientCertificate({ requireUid })(requestWith(names));
      expect(decision).toMatchObject({ accept: false, status: 403 });
    }
  });
});
