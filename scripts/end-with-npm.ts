// Imported before a program that npm runs: npm hands a SIGTERM to the shell of its script, which ends
// and tells nobody. When its parent is gone, the program gets a SIGTERM, too.

const LOOK_INTERVAL_MS = 500;

const parent = process.ppid;
const timer = setInterval(() => {
  if (process.ppid === parent) return;
  clearInterval(timer);
  process.kill(process.pid, "SIGTERM");
}, LOOK_INTERVAL_MS);
timer.unref();
