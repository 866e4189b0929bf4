import type { Attributes } from "@opamp/protocol";

/** Called once, when an activity has ended: with what went wrong, if anything did. */
export type EndActivity = (error?: unknown) => void;

/** Hears of everything that an agent does and that may fail: own telemetry makes spans of it. */
export interface ActivityObserver {
  begin(name: string, attributes: Attributes): EndActivity;
}

/** What an agent is doing: config applies, package installs, settings switches. */
export class Activities {
  #observer: ActivityObserver | undefined;

  observe(observer: ActivityObserver | undefined): void {
    this.#observer = observer;
  }

  begin(name: string, attributes: Attributes): EndActivity {
    return this.#observer?.begin(name, attributes) ?? (() => {});
  }

  async run<T>(name: string, attributes: Attributes, work: () => Promise<T>): Promise<T> {
    const end = this.begin(name, attributes);
    try {
      const result = await work();
      end();
      return result;
    } catch (thrown) {
      end(thrown);
      throw thrown;
    }
  }
}
