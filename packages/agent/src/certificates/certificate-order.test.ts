import { readdirSync } from "node:fs";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { WholeConnectionSettings } from "@opamp/client";
import { createInstanceUid, OpAMPError } from "@opamp/protocol";
import {
  createCertificateAuthority,
  createFakeClock,
  eventually,
  type FakeClock,
} from "@opamp/test-kit";
import { describe, expect, it } from "vitest";
import { temporaryDirectory } from "../../tests/_util/state-directory.ts";
import { nodeFileSystem } from "../state/file-system.ts";
import { StateFiles } from "../state/state-files.ts";
import { CertificateOrder, type OrderingClient } from "./certificate-order.ts";
import { type CertificateSettings, resolveCertificateSettings } from "./certificate-settings.ts";
import { createPrivateKeyPem } from "./key-pair.ts";
import { OwnKeys } from "./own-keys.ts";

const DAY_MS = 24 * 3_600_000;

/** An order, and a server that may be told what to make of requests. */
interface Ordering {
  readonly order: CertificateOrder;
  readonly clock: FakeClock;
  /** When the requests came, in milliseconds from the start. */
  readonly asked: readonly number[];
  readonly errors: readonly OpAMPError[];
  readonly directory: string;
  /** Lets the client have a certificate that is valid from now on. */
  readonly certify: (validityMs: number) => Promise<void>;
}

async function startOrder(
  answer: (signal: AbortSignal | undefined) => Promise<void> = async () => {},
  settings: CertificateSettings = {},
): Promise<Ordering> {
  const clock = createFakeClock();
  const startMs = clock.now();
  const asked: number[] = [];
  const errors: OpAMPError[] = [];
  const authority = await createCertificateAuthority();
  const connection: WholeConnectionSettings = {
    serverUrl: "wss://fleet.example.com",
    headers: {},
    tls: {},
    proxy: null,
    compression: false,
    heartbeatIntervalMs: 30_000,
  };
  let csr = "";
  const client = {
    instanceUid: createInstanceUid(),
    status: {
      state: "online",
      serverCapabilities: ["AcceptsConnectionSettingsRequest"],
      serverFlags: [],
    },
    connectionSettings: connection,
    async requestConnectionSettings({ opamp }, { signal } = {}) {
      asked.push(clock.now() - startMs);
      csr = new TextDecoder().decode(opamp?.certificateRequest?.csr);
      await answer(signal);
    },
    switchConnection: async () => ({ kind: "switched" }),
  } satisfies OrderingClient;
  let present: OrderingClient = client;
  const report = (error: OpAMPError): void => void errors.push(error);
  const directory = temporaryDirectory();
  const order = new CertificateOrder({
    client: () => present,
    keys: new OwnKeys(new StateFiles({ directory, fs: nodeFileSystem, clock, onDamage: report })),
    settings: resolveCertificateSettings(settings),
    bootstrap: {},
    clock,
    random: () => 0,
    report,
  });
  return {
    order,
    clock,
    asked,
    errors,
    directory,
    async certify(validityMs) {
      const validity = { notBeforeMs: clock.now(), notAfterMs: clock.now() + validityMs };
      const cert = await authority.signRequest(csr, { validity });
      present = { ...client, connectionSettings: { ...connection, tls: { cert } } };
      order.look();
    },
  };
}

describe("an order for a certificate", () => {
  it("looks once a day at a certificate, however long it lasts, and renews it after two thirds of that [C-156]", async () => {
    const { order, clock, asked, certify } = await startOrder();
    order.look();
    await eventually(() => expect(asked).toHaveLength(1));
    await certify(3650 * DAY_MS);
    expect(clock.nextTimerMs).toBe(DAY_MS);
    await certify(30 * DAY_MS);
    expect(clock.nextTimerMs).toBe(DAY_MS);
    await clock.advance(20 * DAY_MS - 1000);
    expect(asked).toHaveLength(1);
    await clock.advance(1000);
    await eventually(() => expect(asked).toHaveLength(2));
    order.stop();
  });

  it("renews a certificate every ten seconds at most", async () => {
    const { order, clock, asked, certify } = await startOrder();
    order.look();
    await eventually(() => expect(asked).toHaveLength(1));
    await certify(5000);
    expect(clock.nextTimerMs).toBe(10_000);
    order.stop();
  });

  it("waits by the policy after each request that brings nothing, and begins anew after a certificate", async () => {
    const { order, clock, asked, certify } = await startOrder(async () => {}, {
      answerTimeoutMs: 1000,
      retry: { delayMs: (attempt) => attempt * 10_000 },
    });
    order.look();
    for (const attempt of [1, 2, 3]) {
      await eventually(() => expect(clock.nextTimerMs).toBe(1000));
      await clock.advance(1000);
      expect(clock.nextTimerMs).toBe(attempt * 10_000);
      await clock.advance(attempt * 10_000);
    }
    await eventually(() => expect(asked).toEqual([0, 11_000, 32_000, 63_000]));
    await certify(30_000);
    await clock.advance(20_000);
    await eventually(() => expect(clock.nextTimerMs).toBe(1000));
    await clock.advance(1000);
    expect(clock.nextTimerMs).toBe(10_000);
    order.stop();
  });

  it.each([
    [
      "throws",
      () => {
        throw new Error("no");
      },
    ],
    ["says NaN", () => Number.NaN],
  ])("waits by the default policy where the given one %s [L-07]", async (_, delayMs) => {
    const { order, clock, errors } = await startOrder(async () => {}, { retry: { delayMs } });
    order.look();
    await eventually(() => expect(clock.nextTimerMs).toBe(600_000));
    order.offerFailed("it is for another key");
    expect(errors.map(({ code }) => code)).toEqual(["tls-failed", "callback-failed"]);
    expect(clock.pendingTimers).toBe(1);
    order.stop();
  });

  it("tells of a request that fails, and tries again", async () => {
    const { order, clock, asked, errors } = await startOrder(() => {
      throw new OpAMPError("queue-full", "no room");
    });
    order.look();
    await eventually(() => expect(errors).toHaveLength(1));
    expect(errors[0]).toMatchObject({ code: "queue-full", message: "no certificate yet: no room" });
    await clock.advance(0);
    await eventually(() => expect(asked).toHaveLength(2));
    order.stop();
  });

  it("takes an offer for an answer, even if nobody knows that the request arrived", async () => {
    const { order, clock, asked, errors } = await startOrder(() => new Promise(() => {}));
    order.look();
    await eventually(() => expect(asked).toHaveLength(1));
    order.answered();
    expect(clock.nextTimerMs).toBe(600_000);
    order.offerFailed("it is for another key");
    expect(errors).toMatchObject([{ code: "tls-failed" }]);
    order.stop();
  });

  it("writes no key any more once it is stopped", async () => {
    const { order, directory } = await startOrder();
    order.look();
    order.stop();
    await import("./certificate-request.ts");
    await createPrivateKeyPem("P-256");
    await nextTurn();
    expect(readdirSync(directory)).toEqual([]);
  });

  it("withdraws its request and leaves no timer when it is stopped", async () => {
    let asking: AbortSignal | undefined;
    const { order, clock, errors } = await startOrder(async (signal) => {
      asking = signal;
      await new Promise(() => {});
    });
    order.look();
    await eventually(() => expect(asking?.aborted).toBe(false));
    order.stop();
    order.look();
    expect(asking?.aborted).toBe(true);
    expect(clock.pendingTimers).toBe(0);
    expect(errors).toEqual([]);
  });
});

describe("the settings of certificates", () => {
  it.each([
    ["keyType", { keyType: "RSA" as "P-256" }],
    ["renewAt", { renewAt: 1 }],
    ["renewAt", { renewAt: Number.NaN }],
    ["answerTimeoutMs", { answerTimeoutMs: 0 }],
    ["subject.commonName", { subject: { commonName: "x".repeat(65) } }],
    ["subject.organization", { subject: { organization: "" } }],
  ])("that do not fit are refused by name: %s", (name, settings) => {
    expect(() => resolveCertificateSettings(settings)).toThrow(
      `connectionSettings.certificate.${name} is`,
    );
  });
});
