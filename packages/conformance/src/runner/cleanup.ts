/** Things to be closed when a case is over. */
export interface Cleanup {
  use<T extends AsyncDisposable>(resource: T): T;
  add(close: () => Promise<void>): void;
  /** Closes everything, the last one first; what cannot be closed does not keep the rest open. */
  run(): Promise<void>;
}

export function createCleanup(): Cleanup {
  const closes: (() => Promise<void>)[] = [];
  const add = (close: () => Promise<void>): void => {
    closes.push(close);
  };
  return {
    use(resource) {
      add(async () => resource[Symbol.asyncDispose]());
      return resource;
    },
    add,
    async run() {
      for (const close of closes.reverse()) await Promise.allSettled([close()]);
    },
  };
}
