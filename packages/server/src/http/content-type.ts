import { CONTENT_TYPE_PROTOBUF } from "@opamp/protocol";

/** Whether a Content-Type is that of OpAMP over HTTP, whatever its case and parameters (S-11, L-27). */
export function isProtobuf(contentType: string | undefined): boolean {
  const [mediaType = ""] = (contentType ?? "").split(";", 1);
  return mediaType.trim().toLowerCase() === CONTENT_TYPE_PROTOBUF;
}
