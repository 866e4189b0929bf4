import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createCertificateAuthority } from "@opamp/test-kit";

/** A server's certificate and key on disk; gone with its disposal. */
export interface TlsFiles extends AsyncDisposable {
  readonly certFile: string;
  readonly keyFile: string;
  /** The certificate of the authority, in PEM form. */
  readonly ca: string;
}

export async function createTlsFiles(): Promise<TlsFiles> {
  const authority = await createCertificateAuthority();
  const { cert, key } = await authority.issueServer();
  const directory = mkdtempSync(join(tmpdir(), "opamp-bench-"));
  const certFile = join(directory, "cert.pem");
  const keyFile = join(directory, "key.pem");
  writeFileSync(certFile, cert);
  writeFileSync(keyFile, key);
  return {
    certFile,
    keyFile,
    ca: authority.cert,
    async [Symbol.asyncDispose]() {
      rmSync(directory, { recursive: true });
    },
  };
}
