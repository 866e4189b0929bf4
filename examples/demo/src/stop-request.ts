/**
 * Calls `stop` when the process is asked to end: by Ctrl-C, by SIGTERM, or because the process that
 * forked it is gone. More than once, even, for npm passes on a Ctrl-C that was delivered already.
 */
export function onStopRequest(stop: () => Promise<void>): void {
  const onRequest = (): void => void stop().finally(() => process.exit());
  for (const request of ["SIGINT", "SIGTERM", "disconnect"]) process.on(request, onRequest);
}
