/** The codings that a request body may come in (S-19). */
export type ContentEncoding = "identity" | "gzip";

/** The coding a Content-Encoding header names; undefined for one that is not supported (S-18). */
export function parseContentEncoding(header: string | undefined): ContentEncoding | undefined {
  const name = (header ?? "").trim().toLowerCase();
  if (name === "" || name === "identity") return "identity";
  if (name === "gzip" || name === "x-gzip") return "gzip";
  return undefined;
}
