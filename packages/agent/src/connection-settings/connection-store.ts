import type { ConnectionSettingsRecord } from "@opamp/client";
import { type ConnectionSettingsOffers, describeThrown, type OpAMPError } from "@opamp/protocol";
import { stateUnusable } from "../state/state-error.ts";
import type { StateFiles } from "../state/state-files.ts";
import {
  type CandidateOffer,
  type ConcludedOffer,
  type ConnectionRecord,
  connectionRecord,
  hexOf,
} from "./connection-record.ts";
import { changedNames, type GivenDigests } from "./given-connection.ts";
import { type StoredConnection, storedConnection } from "./stored-connection.ts";

const RECORD = "connection-settings.json";
const REPLACED = `${RECORD}.replaced`;

export interface ConnectionStoreOptions {
  readonly files: StateFiles;
  /** What the program says of the connection now. */
  readonly given: GivenDigests;
  /** Throws, with the reason, for stored settings that cannot be used any more. */
  readonly assertUsable: (connection: StoredConnection) => void;
  readonly report: (error: OpAMPError) => void;
}

/** Offered connection settings on disk: one record, so that its parts always belong together. */
export class ConnectionStore {
  readonly #options: ConnectionStoreOptions;
  #record: ConnectionRecord;
  /** A candidate that is given up; it leaves the disk together with the reason why. */
  #dropped: string | undefined;

  /** Reads the record. What is damaged, or older than the program's own settings, is set aside. */
  constructor(options: ConnectionStoreOptions) {
    this.#options = options;
    this.#record = options.files.read(RECORD, connectionRecord) ?? {};
    const objection = this.#objection();
    if (objection !== undefined) this.#setAside(objection);
  }

  get record(): ConnectionRecord {
    return this.#record;
  }

  /** Settings, and what was offered beside them, are about to be tried. */
  tried({ hash, settings, others }: ConnectionSettingsRecord): void {
    const connection = storedConnection(settings);
    this.#save({
      ...this.#record,
      candidate: { hash: hexOf(hash), connection, ...(others && { others }) },
    });
  }

  /** Settings have proved good; what was offered beside them, if anything, is still to be taken. */
  proved({ hash: bytes, settings, others }: ConnectionSettingsRecord): void {
    const hash = hexOf(bytes);
    const valid = { hash, connection: storedConnection(settings) };
    this.#save({ ...this.#record, valid, candidate: { hash, ...(others && { others }) } });
  }

  dropped({ hash }: ConnectionSettingsRecord): void {
    this.#dropped = hexOf(hash);
  }

  /** What was offered beside the OpAMP connection is about to be taken. */
  handing(offers: ConnectionSettingsOffers): void {
    const hash = hexOf(offers.hash);
    if (hash === "" || hash === this.#record.candidate?.hash) return;
    this.#save({ ...this.#record, candidate: { hash, others: offers } });
  }

  /** What was offered beside the OpAMP connection is in force. */
  accepted(offers: ConnectionSettingsOffers): void {
    const hash = hexOf(offers.hash);
    const record = { ...this.#record, accepted: offers };
    const isLast = hash !== "" && hash === this.#record.candidate?.hash;
    this.#save(isLast ? { ...without(record, hash), concluded: applied(hash) } : record);
  }

  /** An offer has come to its end, and the server is about to hear of it. */
  concluded(concluded: ConcludedOffer): void {
    const { candidate, concluded: before } = this.#record;
    if (candidate === undefined && JSON.stringify(before) === JSON.stringify(concluded)) return;
    const record = without(this.#promoted(concluded), concluded.hash, this.#dropped);
    this.#save({ ...record, concluded });
  }

  /** Where the disk refused the settings when they proved good, they are stored now. */
  #promoted({ state, hash }: ConcludedOffer): ConnectionRecord {
    const { candidate } = this.#record;
    if (state === "failed" || candidate?.hash !== hash || !candidate.connection)
      return this.#record;
    return { ...this.#record, valid: { hash, connection: candidate.connection } };
  }

  #save(record: ConnectionRecord): void {
    const { files, given } = this.#options;
    const next = { ...record, given };
    files.write(RECORD, next, connectionRecord);
    this.#record = next;
  }

  /** Why the stored settings of the OpAMP connection are not used, if they are not. */
  #objection(): Objection | undefined {
    const { given: before, valid, candidate } = this.#record;
    if (valid === undefined && candidate?.connection === undefined) return undefined;
    const changed = before === undefined ? [] : changedNames(before, this.#options.given);
    if (changed.length > 0) return { why: `this program has another ${changed.join(", ")} now` };
    if (valid === undefined) return undefined;
    try {
      this.#options.assertUsable(valid.connection);
      return undefined;
    } catch (thrown) {
      return { why: describeThrown(thrown), hash: valid.hash };
    }
  }

  /** The program decides; what was accepted beside the OpAMP connection stays. */
  #setAside({ why, hash = this.#record.candidate?.hash }: Objection): void {
    const { files, report } = this.#options;
    const { accepted } = this.#record;
    files.keepCopy(RECORD, REPLACED);
    const errorMessage = `the stored settings are not used: ${why}`;
    this.#save({
      ...(accepted && { accepted }),
      ...(hash !== undefined && { concluded: { state: "failed", hash, errorMessage } }),
    });
    report(
      stateUnusable(
        `the connection settings of the server are not used any more, for ${why}; they are kept as ${files.path(REPLACED)}`,
      ),
    );
  }
}

interface Objection {
  readonly why: string;
  /** The offer that has failed by it. */
  readonly hash?: string;
}

function applied(hash: string): ConcludedOffer {
  return { state: "applied", hash };
}

function without(
  { candidate, ...record }: ConnectionRecord,
  ...hashes: readonly (string | undefined)[]
): ConnectionRecord {
  const stays: CandidateOffer | undefined = hashes.includes(candidate?.hash)
    ? undefined
    : candidate;
  return { ...record, ...(stays && { candidate: stays }) };
}
