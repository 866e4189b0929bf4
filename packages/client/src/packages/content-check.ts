import { createHash } from "node:crypto";
import { describeThrown, OpAMPError } from "@opamp/protocol";
import { equalBytes } from "@opamp/protocol/internal";
import type { CheckedFile } from "./downloadable-file.ts";
import type { VerifySignature } from "./packages-options.ts";

export interface ContentCheckOptions {
  readonly file: CheckedFile;
  readonly maxBytes: number;
  readonly verifySignature: VerifySignature | undefined;
  readonly signal: AbortSignal;
}

/** Hashes a content while it passes, and tells at its end whether it is what was offered (L-06). */
export class ContentCheck {
  readonly #options: ContentCheckOptions;
  readonly #hash = createHash("sha256");
  #bytes = 0;
  #state: "open" | "right" | "wrong" = "open";

  constructor(options: ContentCheckOptions) {
    this.#options = options;
  }

  /** How many bytes have passed. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Whether the content has come to its end with the offered hash. */
  get hasRightHash(): boolean {
    return this.#state === "right";
  }

  /** Throws as soon as there is too much. */
  add(chunk: Uint8Array): void {
    this.#bytes += chunk.length;
    assertSize(this.#bytes, this.#options.maxBytes);
    this.#hash.update(chunk);
  }

  /** Throws `content-mismatch` for a content with the wrong hash or signature. */
  async finish(): Promise<void> {
    const { file, verifySignature, signal } = this.#options;
    this.#state = equalBytes(this.#hash.digest(), file.contentHash) ? "right" : "wrong";
    if (this.#state === "wrong") {
      throw mismatch("the content does not have the offered SHA-256");
    }
    await checkSignature(file, verifySignature, signal);
  }
}

/** Throws `message-too-large` for more than may be downloaded. */
export function assertSize(bytes: number | undefined, maxBytes: number): void {
  if (bytes === undefined || bytes <= maxBytes) return;
  const problem = `the content is larger than packages.maxPackageBytes, ${maxBytes} bytes`;
  throw new OpAMPError("message-too-large", problem);
}

/** Throws `content-mismatch` for a signature that is not right; without a verifier all are (C-181). */
export async function checkSignature(
  { packageName, version, url, contentHash, signature }: CheckedFile,
  verifySignature: VerifySignature | undefined,
  signal: AbortSignal,
): Promise<void> {
  if (verifySignature === undefined) return;
  const content = { packageName, version, downloadUrl: url.href, contentHash, signature, signal };
  let isRight: unknown;
  try {
    isRight = await verifySignature(content);
  } catch (cause) {
    throw mismatch(`the signature was not verified: ${describeThrown(cause)}`, cause);
  }
  if (isRight !== true) throw mismatch("the signature is not right");
}

function mismatch(problem: string, cause?: unknown): OpAMPError {
  return new OpAMPError("content-mismatch", problem, { cause });
}
