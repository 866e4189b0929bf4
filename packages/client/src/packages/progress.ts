import type { Clock, Timer } from "@opamp/protocol";
import type { Download } from "./download.ts";
import type { StatusBoard } from "./status-board.ts";

/** Reports how far downloads are, at an interval, while there are any. */
export class Progress {
  readonly #clock: Clock;
  readonly #intervalMs: number;
  readonly #board: StatusBoard;
  readonly #downloads = new Map<string, { readonly download: Download; bytes: number }>();
  #timer: Timer | undefined;
  #sinceMs = 0;

  constructor(clock: Clock, intervalMs: number, board: StatusBoard) {
    this.#clock = clock;
    this.#intervalMs = intervalMs;
    this.#board = board;
  }

  start(name: string, download: Download): void {
    this.#downloads.set(name, { download, bytes: download.receivedBytes });
    if (this.#timer === undefined) this.#schedule();
  }

  stop(name: string): void {
    this.#downloads.delete(name);
    if (this.#downloads.size > 0) return;
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #schedule(): void {
    this.#sinceMs = this.#clock.now();
    this.#timer = this.#clock.setTimer(() => this.#report(), this.#intervalMs);
  }

  #report(): void {
    const seconds = Math.max(1, this.#clock.now() - this.#sinceMs) / 1000;
    for (const [name, entry] of this.#downloads) {
      const { receivedBytes, totalBytes } = entry.download;
      const percent = totalBytes ? Math.min(100, (receivedBytes / totalBytes) * 100) : 0;
      this.#board.downloading(name, percent, (receivedBytes - entry.bytes) / seconds);
      entry.bytes = receivedBytes;
    }
    this.#board.publishProgress();
    this.#schedule();
  }
}
