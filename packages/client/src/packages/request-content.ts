import type { Clock, Logger } from "@opamp/protocol";
import { type AttemptScope, raceSignal } from "../transport/attempt-scope.ts";
import { errorFromNetwork } from "../transport/network-error.ts";
import { firstHop, type Hop, nextHop } from "../transport/redirect.ts";
import { USER_AGENT } from "../transport/user-agent.ts";
import type { CheckedFile } from "./downloadable-file.ts";
import { type OpenContent, openContent } from "./open-content.ts";
import type { PackageFetch, PackageResponse } from "./packages-options.ts";

const REDIRECTS: readonly number[] = [301, 302, 303, 307, 308];

export interface ContentRequest {
  readonly file: CheckedFile;
  /** From which byte on; undefined for all of it. */
  readonly from: number | undefined;
  /** What the content must still be for the range to count. */
  readonly validator: string | undefined;
}

export interface RequestParts {
  readonly fetch: PackageFetch;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly responseTimeoutMs: number;
  readonly maxRedirects: number;
}

/**
 * Asks for a content, over redirects; the offered headers stay with their origin (L-04). The scope
 * has to be aborted once the body is done with.
 */
export async function requestContent(
  request: ContentRequest,
  parts: RequestParts,
  scope: AttemptScope,
): Promise<OpenContent> {
  const { file, from } = request;
  const { signal } = scope;
  const deadline = scope.deadline(parts.responseTimeoutMs, "the download was not answered");
  try {
    const response = await fetchOverRedirects(request, parts, signal);
    return openContent(response, { url: file.url, from, nowMs: parts.clock.now() });
  } catch (thrown) {
    if (signal.aborted) throw signal.reason;
    throw errorOf(thrown);
  } finally {
    deadline.cancel();
  }
}

async function fetchOverRedirects(
  request: ContentRequest,
  { fetch, logger, maxRedirects }: RequestParts,
  signal: AbortSignal,
): Promise<PackageResponse> {
  for (let hop = firstHop(request.file.url); ; ) {
    const unwanted = new AbortController();
    const response = await raceSignal(
      fetch(hop.url.href, {
        method: "GET",
        headers: headersFor(hop, request),
        redirect: "manual",
        signal: AbortSignal.any([signal, unwanted.signal]),
      }),
      signal,
    );
    const { status } = response;
    if (!REDIRECTS.includes(status)) return response;
    const location = response.headers.get("location") ?? undefined;
    unwanted.abort();
    const rules = { limits: { maxRedirects }, checkRedirect: undefined, logger, signal };
    hop = await nextHop(hop, { status, location }, rules);
  }
}

/** What is asked for is the file as it is, so that positions in it mean the same next time. */
function headersFor(hop: Hop, { file, from, validator }: ContentRequest): Record<string, string> {
  return {
    "user-agent": USER_AGENT,
    ...(hop.trusted ? file.headers : {}),
    "accept-encoding": "identity",
    ...(from === undefined ? {} : { range: `bytes=${from}-` }),
    ...(from === undefined || validator === undefined ? {} : { "if-range": validator }),
  };
}

/** The platform's `fetch` hides what went wrong in the cause. */
export function errorOf(thrown: unknown): ReturnType<typeof errorFromNetwork> {
  const isWrapped = thrown instanceof TypeError && thrown.cause !== undefined;
  return errorFromNetwork(
    isWrapped ? thrown.cause : thrown,
    "connection-lost",
    "the download broke",
  );
}
