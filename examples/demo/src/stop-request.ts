const DEADLINE_MS = 8000;

/**
 * Calls `stop` when the process is asked to end: by Ctrl-C, by SIGTERM, or because the process that
 * forked it is gone. More than once, even, for npm passes on a Ctrl-C that was delivered already.
 */
export function onStopRequest(stop: () => Promise<void>): void {
  const onRequest = (): void => {
    setTimeout(() => process.exit(1), DEADLINE_MS).unref();
    void stop().finally(() => process.exit());
  };
  for (const request of ["SIGINT", "SIGTERM", "disconnect"]) process.on(request, onRequest);
}
