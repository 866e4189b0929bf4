import {
  type ConnectionSettingsOffers,
  type ConnectionSettingsOffersInit,
  type ConnectionSettingsStatus,
  ConnectionSettingsStatuses,
  type ConnectionSettingsStatusInit,
} from "@opamp/protocol";
import { isHex, isJsonObject, type JsonObject } from "../state/json.ts";
import type { FileFormat } from "../state/state-files.ts";
import { type GivenDigests, isGivenDigests } from "./given-connection.ts";
import { offersFromText, textFromOffers } from "./offers-content.ts";
import { parseStoredConnection, type StoredConnection } from "./stored-connection.ts";

/** Settings that proved good. */
export interface ValidConnection {
  /** The server's hash of the offer, in hexadecimal. */
  readonly hash: string;
  readonly connection: StoredConnection;
}

/** An offer that is being taken: of which the server has not heard the end. */
export interface CandidateOffer {
  readonly hash: string;
  /** Missing when these settings are in force already, or there are none. */
  readonly connection?: StoredConnection;
  readonly others?: ConnectionSettingsOffersInit;
}

/** What became of the last offer that was brought to an end. */
export type ConcludedOffer =
  | { readonly state: "applied"; readonly hash: string }
  | { readonly state: "failed"; readonly hash: string; readonly errorMessage: string };

/** What is remembered of offered connection settings. Members are missing until there was one. */
export interface ConnectionRecord {
  /** What the program said of the connection when `valid` and `candidate` were stored. */
  readonly given?: GivenDigests;
  readonly valid?: ValidConnection;
  readonly candidate?: CandidateOffer;
  /** Own telemetry and other connections as they are in force. */
  readonly accepted?: ConnectionSettingsOffers;
  readonly concluded?: ConcludedOffer;
}

export const connectionRecord: FileFormat<ConnectionRecord> = {
  version: 1,
  parse({ given, valid, candidate, accepted, concluded }) {
    try {
      return {
        ...known("given", given, parseGiven),
        ...known("valid", valid, parseValid),
        ...known("candidate", candidate, parseCandidate),
        ...known("accepted", accepted, offersFromText),
        ...known("concluded", concluded, parseConcluded),
      };
    } catch (thrown) {
      if (thrown instanceof TypeError) return undefined;
      throw thrown;
    }
  },
  format({ candidate, accepted, ...record }) {
    return {
      ...record,
      ...(candidate && { candidate: formatCandidate(candidate) }),
      ...(accepted && { accepted: textFromOffers(accepted) }),
    };
  },
};

/** How an offer is reported that was brought to an end (C-125, C-127). */
export function statusOfConcluded(concluded: ConcludedOffer): ConnectionSettingsStatusInit {
  const lastConnectionSettingsHash = Buffer.from(concluded.hash, "hex");
  if (concluded.state === "applied") {
    return { lastConnectionSettingsHash, status: ConnectionSettingsStatuses.APPLIED };
  }
  const { errorMessage } = concluded;
  return { lastConnectionSettingsHash, status: ConnectionSettingsStatuses.FAILED, errorMessage };
}

/** Undefined while an offer is being taken. */
export function concludedFromStatus({
  lastConnectionSettingsHash,
  status,
  errorMessage,
}: ConnectionSettingsStatus): ConcludedOffer | undefined {
  const hash = hexOf(lastConnectionSettingsHash);
  if (status === ConnectionSettingsStatuses.APPLIED) return { state: "applied", hash };
  if (status === ConnectionSettingsStatuses.FAILED) return { state: "failed", hash, errorMessage };
  return undefined;
}

/** A hash as the record has it. */
export function hexOf(hash: Uint8Array): string {
  return Buffer.from(hash).toString("hex");
}

/** A member that was stored. Throws a `TypeError` for one that is damaged. */
function known<N extends string, T>(
  name: N,
  value: unknown,
  parse: (value: unknown) => T | undefined,
): { readonly [K in N]?: T } {
  if (value === undefined) return {};
  const parsed = parse(value);
  if (parsed === undefined) throw new TypeError(`${name} is damaged`);
  return { [name]: parsed } as { readonly [K in N]: T };
}

function parseGiven(value: unknown): GivenDigests | undefined {
  return isJsonObject(value) && isGivenDigests(value) ? value : undefined;
}

function parseValid(value: unknown): ValidConnection | undefined {
  if (!isJsonObject(value) || !isHex(value.hash)) return undefined;
  const connection = parseStoredConnection(value.connection);
  return connection && { hash: value.hash, connection };
}

function parseCandidate(value: unknown): CandidateOffer | undefined {
  if (!isJsonObject(value) || !isHex(value.hash)) return undefined;
  return {
    hash: value.hash,
    ...known("connection", value.connection, parseStoredConnection),
    ...known("others", value.others, offersFromText),
  };
}

function parseConcluded(value: unknown): ConcludedOffer | undefined {
  if (!isJsonObject(value) || !isHex(value.hash)) return undefined;
  const { state, hash, errorMessage } = value;
  if (state === "applied") return { state, hash };
  if (state !== "failed" || typeof errorMessage !== "string") return undefined;
  return { state, hash, errorMessage };
}

function formatCandidate({ others, ...candidate }: CandidateOffer): JsonObject {
  return { ...candidate, ...(others && { others: textFromOffers(others) }) };
}
