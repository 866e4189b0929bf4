import { createByteCollector } from "../http/byte-collector.ts";

/** How reading a stream to its end went. */
export type Drained =
  | { readonly kind: "complete"; readonly bytes: Uint8Array }
  | { readonly kind: "too-large" };

/** What reads from a stream, such as a ReadableStreamDefaultReader. */
export interface ChunkReader {
  read(): Promise<{ readonly done: boolean; readonly value?: Uint8Array | undefined }>;
}

/** Reads to the end, or until there are more than so many bytes. Rejects when the stream breaks. */
export async function drain(reader: ChunkReader, maxBytes: number): Promise<Drained> {
  const collector = createByteCollector();
  for (;;) {
    const { value } = await reader.read();
    if (value === undefined) return { kind: "complete", bytes: collector.take() };
    collector.add(value);
    if (collector.size > maxBytes) return { kind: "too-large" };
  }
}
