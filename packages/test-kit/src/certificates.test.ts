import { X509Certificate } from "node:crypto";
import { expect, it } from "vitest";
import { createCertificateAuthority } from "./certificates.ts";

it("issues server certificates that are valid for localhost and 127.0.0.1", async () => {
  const authority = await createCertificateAuthority();
  const server = new X509Certificate((await authority.issueServer()).cert);
  expect(server.verify(new X509Certificate(authority.cert).publicKey)).toBe(true);
  expect(server.checkHost("localhost")).toBe("localhost");
  expect(server.checkIP("127.0.0.1")).toBe("127.0.0.1");
});
