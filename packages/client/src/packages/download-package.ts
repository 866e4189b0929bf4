import { OpAMPError } from "@opamp/protocol";
import { CheckedStream } from "./checked-stream.ts";
import { ContentCheck } from "./content-check.ts";
import { Download } from "./download.ts";
import type { CheckedFile } from "./downloadable-file.ts";
import type { PackageSyncParts } from "./package-sync.ts";
import type { PartialContent } from "./packages-state-provider.ts";

/** Downloads a content and has the provider store it. Rejects with the reason when that fails. */
export async function downloadPackage(file: CheckedFile, parts: PackageSyncParts): Promise<void> {
  const { provider, signal } = parts;
  const { packageName, contentHash } = file;
  const partial = await provider.partialContent?.(packageName, contentHash, { signal });
  const misfit = await store(file, partial, parts);
  if (misfit === undefined) return;
  const misfitAgain = await store(file, undefined, parts);
  if (misfitAgain !== undefined) throw misfitAgain;
}

/**
 * Streams a content to the provider. What was put together from pieces and has the wrong hash is
 * worth one try from the start: the promise resolves with the error then.
 */
async function store(
  file: CheckedFile,
  partial: PartialContent | undefined,
  parts: PackageSyncParts,
): Promise<unknown> {
  using scope = new StoreScope(parts.signal);
  const { signal } = scope;
  const { packageName, contentHash, signature } = file;
  showDownloading(packageName, parts);
  const { check, startAt } = await checkFrom(partial, signal, () => createCheck(file, parts));
  const validator = startAt > 0 ? partial?.validator : undefined;
  const running = new Download({ ...parts.downloads, file, startAt, validator, signal });
  const stream = new CheckedStream(check, () => showInstalling(packageName, parts));
  parts.progress.start(packageName, running);
  try {
    const data = stream.read(await running.open());
    const downloadUrl = file.url.href;
    const content = { packageName, downloadUrl, contentHash, signature, startAt, signal };
    await parts.provider.updateContent(data, { ...content, validator: running.validator });
    stream.assertRead();
    return undefined;
  } catch (thrown) {
    parts.signal.throwIfAborted();
    const reason = stream.reasonFor(thrown);
    const isMismatch = reason instanceof OpAMPError && reason.code === "content-mismatch";
    if (isMismatch && running.wasResumed && !check.hasRightHash) return reason;
    throw reason;
  } finally {
    parts.progress.stop(packageName);
  }
}

/** Ends every request that was made, also where nobody has read its answer. */
class StoreScope implements Disposable {
  readonly #over = new AbortController();
  readonly signal: AbortSignal;

  constructor(outer: AbortSignal) {
    this.signal = AbortSignal.any([outer, this.#over.signal]);
  }

  [Symbol.dispose](): void {
    this.#over.abort();
  }
}

function createCheck(file: CheckedFile, parts: PackageSyncParts): ContentCheck {
  const { verifySignature, downloads, signal } = parts;
  return new ContentCheck({ file, maxBytes: downloads.maxPackageBytes, verifySignature, signal });
}

/** A check that has seen what is there already; what is not as long as it claims to be is not used. */
async function checkFrom(
  partial: PartialContent | undefined,
  signal: AbortSignal,
  create: () => ContentCheck,
): Promise<{ readonly check: ContentCheck; readonly startAt: number }> {
  const check = create();
  if (partial === undefined) return { check, startAt: 0 };
  for await (const chunk of partial.read({ signal })) check.add(chunk);
  if (check.bytes === partial.bytes) return { check, startAt: partial.bytes };
  return { check: create(), startAt: 0 };
}

function showDownloading(packageName: string, { board }: PackageSyncParts): void {
  board.downloading(packageName);
  board.publish();
}

function showInstalling(packageName: string, { board, progress }: PackageSyncParts): void {
  progress.stop(packageName);
  board.installing(packageName);
  board.publish();
}
