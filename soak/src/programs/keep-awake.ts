import { useIdleTimeOnly } from "../hostile/idle-time.ts";

// Keeps one processor from falling asleep. On a virtual machine it takes milliseconds until the host
// wakes it up again: who attacks would even make the good agents faster.
if (useIdleTimeOnly()) spin();
process.on("disconnect", () => process.exit());
process.send?.("awake");

function spin(): void {
  setImmediate(spin);
}
