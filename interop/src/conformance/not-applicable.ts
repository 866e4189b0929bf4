/** Why a case says nothing about a peer, by the id of the case, or by transport and id. */
export type NotApplicable = Readonly<Record<string, string>>;

const ofTheApplication =
  "the case has the application say what it must not; this server sends what its application says";
const ownCapabilities = "its application names its capabilities in each answer here";
const ownBookkeeping = "which connection an agent has is for the application to know";
const askedByTheApplication =
  "what to ask of an agent, and which uid to assign, is for the application to know";
const hashesOfTheApplication = "it hands every offer to its application, which compares the hashes";
const uidOfTheApplication = "it takes its uid from its application";
const askedForPolling = "over HTTP it takes its polling interval with ReportsHeartbeat only";
const urlAsItIs = "it takes its URL as it is, with the path of it";

const offersOnce: NotApplicable = {
  "client-hands-an-offer-over-once": hashesOfTheApplication,
  "client-reports-a-stored-status": hashesOfTheApplication,
  "client-default-path": urlAsItIs,
};

/** What a process per client makes too slow. */
const slowStart: NotApplicable = {
  "client-uid-is-unique": "ten processes of it take too long to start",
};

const fullStateDoesNotCome =
  "it needs the report of the full state, which does not come over WebSocket (C-57)";

/** Cases that see by a report of the full state how far a client is. */
const byFullState = [
  "client-acts-on-no-offer-beside-an-error",
  "client-adopts-an-assigned-uid",
  "client-adopts-no-uid-behind-header-1",
  "client-adopts-no-uid-behind-header-128",
  "client-counts-on-over-a-reconnect",
  "client-counts-reports",
  "client-goes-on-after-future-errors",
  "client-has-one-connection",
  "client-ignores-an-assigned-uid-of-0-bytes",
  "client-ignores-an-assigned-uid-of-15-bytes",
  "client-ignores-an-assigned-uid-of-17-bytes",
  "client-ignores-an-undeclared-restart",
  "client-ignores-what-it-did-not-declare",
  "client-keeps-an-assigned-uid-over-a-reconnect",
  "client-keeps-its-uid",
  "client-keeps-the-hash-of-a-failed-config",
  "client-may-ignore-an-offer",
  "client-may-leave-heartbeats-out",
  "client-needs-one-transport",
  "client-reads-ten-byte-headers",
  "client-reads-two-byte-headers",
  "client-reconnects",
  "client-remembers-server-capabilities",
  "client-reports-changed-effective-config",
  "client-reports-config-after-applying",
  "client-reports-its-effective-config-when-asked",
  "client-reports-to-servers-without-optional-capabilities",
  "client-sends-binary-frames",
  "client-sends-no-config-to-a-server-without-the-capability",
  "client-sends-no-unsupported-custom-messages",
  "client-sends-no-unwanted-settings-request",
  "client-sends-one-message-per-frame",
  "client-sends-zero-headers",
  "client-sets-capabilities-in-each-report",
  "client-skips-unknown-fields",
  "client-speaks-first-on-a-reconnect",
  "client-survives-an-offer-of-no-hash",
  "client-survives-an-offer-of-no-map",
  "client-survives-an-offer-of-nothing",
  "client-survives-connection-settings-of-no-endpoint",
  "client-survives-connection-settings-of-nothing",
  "client-survives-empty-header",
  "client-survives-overlong-header",
  "client-survives-replies-without-uid",
  "client-survives-unknown-bits",
  "client-survives-unknown-custom-messages",
  "client-survives-unterminated-header",
  "client-takes-an-empty-config",
  "client-takes-pushed-offers",
  "client-takes-several-pushes",
  "client-tells-both-flags-apart",
  "client-tolerates-unknown-bits",
  "client-uid-has-16-bytes",
] as const;

const slowAfterFailures = "the client waits 30 s or longer after a failure";

/** Cases that wait for a client to come back. */
const byComingBack = [
  "client-bounds-redirects",
  "client-expects-a-reply",
  "client-goes-on-after-future-errors",
  "client-honours-retry-after-in-a-date",
  "client-honours-retry-after-in-seconds",
  "client-keeps-credentials-from-other-origins",
  "client-keeps-its-uid",
  "client-sends-nothing-while-it-waits",
  "client-shows-refused-credentials",
  "client-survives-replies-without-uid",
  "client-takes-301-for-an-error",
  "client-takes-302-for-an-error",
  "client-takes-303-for-an-error",
  "client-tries-its-address-again-after-a-redirect",
] as const;

function because(
  reason: string,
  ids: readonly string[],
  prefix: "" | "http/" | "websocket/" = "",
): NotApplicable {
  return Object.fromEntries(ids.map((id) => [`${prefix}${id}`, reason]));
}

/** By the ids of peers. */
export const notApplicable: Readonly<Record<string, NotApplicable>> = {
  "opamp-go-server": {
    "server-answers-bare": ownCapabilities,
    "server-answers-with-no-foreign-uid": ofTheApplication,
    "server-drops-undefined-capabilities-of-its-application": ofTheApplication,
    "server-asks-an-agent-in-mid-life": askedByTheApplication,
    "server-asks-for-what-it-missed": askedByTheApplication,
    "server-asks-once": askedByTheApplication,
    "server-assigns-a-uid": askedByTheApplication,
    "server-assigns-a-uuid-v7": askedByTheApplication,
    "server-forgets-the-stream-of-a-gone-agent": ownBookkeeping,
    "server-sends-commands-alone": ofTheApplication,
    "server-sends-unavailable-alone": ofTheApplication,
    "server-strips-errors-of-offers": ofTheApplication,
  },
  "opamp-go-client": {
    ...offersOnce,
    "client-ignores-unknown-commands": "it hands every command to its application, with its type",
    "client-uid-is-uuid-v7": uidOfTheApplication,
    "client-uid-is-unique": uidOfTheApplication,
    "client-reports-package-statuses-by-their-own-bit":
      "it takes ReportsPackageStatuses together with AcceptsPackages only",
    "http/client-sets-ReportsHeartbeat": askedForPolling,
    "http/client-reports-changed-capabilities": askedForPolling,
  },
  "elastic-client": {
    ...offersOnce,
    ...slowStart,
    ...because(slowAfterFailures, byComingBack),
  },
  "opentelemetry-python-client": {
    ...offersOnce,
    ...slowStart,
  },
  "opentelemetry-java-client": {
    ...offersOnce,
    ...slowStart,
    ...because(fullStateDoesNotCome, byFullState, "websocket/"),
  },
};

/** Cases that fail by chance, by the ids of peers: a race of the peer shows in some runs only. */
export const byChance: Readonly<Record<string, readonly string[]>> = {
  // A message takes its number when it is queued, and a poll may go out beside the goodbye.
  "opentelemetry-python-client": [
    "client-counts-polls",
    "client-counts-reports",
    "client-says-goodbye-over-http",
  ],
};
