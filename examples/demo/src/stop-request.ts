const DEADLINE_MS = 8000;
const LOOK_INTERVAL_MS = 500;

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
  if (process.env.npm_lifecycle_event !== undefined) onParentGone(onRequest);
}

/** npm hands a SIGTERM to the shell of its script, which ends and tells nobody. */
function onParentGone(onRequest: () => void): void {
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    onRequest();
  }, LOOK_INTERVAL_MS);
  timer.unref();
}
