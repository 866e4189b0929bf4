import {
  type ClientEvent,
  NotSupportedError,
  type Recording,
  type TakeOptions,
} from "@opamp/conformance";

/** What the application of a client may be told of. */
const samples = {
  connected: { kind: "connected" },
  connectFailed: { kind: "connect-failed", code: "" },
  error: { kind: "error", code: "" },
  serverError: { kind: "server-error", type: 0 },
  command: { kind: "command", type: 0 },
  remoteConfig: { kind: "message", message: { remoteConfig: {} } },
  packagesAvailable: { kind: "message", message: { packagesAvailable: {} } },
  connectionSettings: { kind: "message", message: { connectionSettings: {} } },
  customCapabilities: { kind: "message", message: { customCapabilities: {} } },
  customMessage: { kind: "message", message: { customMessage: {} } },
} as const satisfies Readonly<Record<string, ClientEvent>>;

export type Told = keyof typeof samples;

/**
 * A recording in which a case cannot wait for what the application of this client is never told:
 * the case is skipped then.
 */
export function recordingOfTold(
  recording: Recording<ClientEvent>,
  told: readonly Told[],
): Recording<ClientEvent> {
  return {
    get all() {
      return recording.all;
    },
    take(options: TakeOptions<ClientEvent> = {}) {
      const { where = () => true, what } = options;
      const wanted = Object.entries(samples).filter(([, sample]) => where(sample));
      const canCome = wanted.length === 0 || wanted.some(([name]) => told.includes(name as Told));
      if (canCome) return recording.take(options);
      const names = wanted.map(([name]) => name).join(", ");
      return Promise.reject(
        new NotSupportedError(`its application is not told of ${what ?? names}`),
      );
    },
  };
}
