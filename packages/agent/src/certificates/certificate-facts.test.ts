import { createInstanceUid } from "@opamp/protocol";
import { uriOfInstanceUid } from "@opamp/protocol/internal";
import { createCertificateAuthority, createRequest } from "@opamp/test-kit";
import { describe, expect, it } from "vitest";
import { readCertificate } from "./certificate-facts.ts";

describe("a certificate", () => {
  it("names the uids of its common name and its URIs, and none in the text of another name", async () => {
    const authority = await createCertificateAuthority();
    const [common, uri, other] = [createInstanceUid(), createInstanceUid(), createInstanceUid()];
    const { csr } = await createRequest({
      commonName: common,
      uris: [`urn:edge, URI:${uriOfInstanceUid(other)}`, uriOfInstanceUid(uri)],
    });
    const facts = readCertificate(await authority.signRequest(csr));
    expect(facts?.instanceUids).toEqual([common, uri]);
  });
});
