import { spawnSync } from "node:child_process";
import { createInstanceUid } from "@opamp/protocol";
import { uriOfInstanceUid } from "@opamp/protocol/internal";
import { describe, expect, it } from "vitest";
import { createCertificateRequest } from "./certificate-request.ts";
import { createPrivateKeyPem, type KeyType, publicKeyOf } from "./key-pair.ts";

const instanceUid = createInstanceUid();

/** What OpenSSL prints of a request whose signature is good. */
function openssl(csr: string, ...args: readonly string[]): string {
  const all = ["req", "-verify", "-noout", ...args];
  const { stdout, stderr } = spawnSync("openssl", all, { input: csr, encoding: "utf8" });
  expect(stderr).toMatch(/verify OK/);
  return stdout;
}

describe.each(["P-256", "Ed25519"] as const satisfies KeyType[])(
  "a certificate request for %s",
  (keyType) => {
    it("is verified by OpenSSL, and carries the public key, the uid and the subject [C-152]", async () => {
      const privateKey = await createPrivateKeyPem(keyType);
      const csr = createCertificateRequest({
        instanceUid,
        subject: { organization: "United, Inc." },
        privateKey,
      });
      const text = openssl(csr, "-text", "-nameopt", "RFC2253");
      expect(text).toContain(`CN=${instanceUid},O=United\\, Inc.`);
      expect(text).toContain(`URI:${uriOfInstanceUid(instanceUid)}`);
      const publicKey = openssl(csr, "-pubkey");
      expect(publicKeyOf(publicKey)).toBe(publicKeyOf(privateKey));
      expect(csr).not.toContain("PRIVATE");
    });

    it("has the common name that is asked for, and the uid all the same", async () => {
      const privateKey = await createPrivateKeyPem(keyType);
      const subject = { commonName: "OpAMP Example Client" };
      const csr = createCertificateRequest({ instanceUid, subject, privateKey });
      const text = openssl(csr, "-text", "-nameopt", "RFC2253");
      expect(text).toContain("Subject: CN=OpAMP Example Client\n");
      expect(text).toContain(uriOfInstanceUid(instanceUid));
    });
  },
);
