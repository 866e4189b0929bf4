import { clientCases, serverCases, runClientCase, runServerCase, describeFailure, NotSupportedError } from "@opamp/conformance";
import * as peers from "./peers.ts";
const [,, which = "", filter = "", verbose = ""] = process.argv;
const peer = await (peers as any)[which]();
const jobs: (() => Promise<any>)[] = [];
for (const transport of peer.transports) for (const c of (peer.side === "client" ? clientCases : serverCases) as any[]) {
  if (!c.transports.includes(transport) || !`${transport}/${c.id}`.includes(filter)) continue;
  jobs.push(() => peer.side === "client" ? runClientCase(c, peer.subject, { transport }) : runServerCase(c, peer.subject, { transport }));
}
if (jobs.length > 20) await peer.warm(8);
const t = Date.now(); const results: any[] = [];
await Promise.all(Array.from({ length: 8 }, async () => { for (let j; (j = jobs.shift()); ) results.push(await j()); }));
const out = { passed: 0, failed: 0, skipped: 0 } as any;
for (const r of results) out[r.outcome]++;
results.sort((a, b) => (a.transport + a.case.id).localeCompare(b.transport + b.case.id));
for (const r of results) if (r.outcome === "failed") console.log("FAIL", r.transport, r.case.id, r.case.requirements.join(","), verbose ? describeFailure(r.error, r.trace) : String(r.error.message).split("\n").slice(0,3).join(" | ").slice(0, 200));
for (const r of results) if (r.outcome === "skipped") console.log("skip", r.transport, r.case.id, r.reason.slice(0, 160));
console.log(out, Date.now() - t, "ms");
await peer[Symbol.asyncDispose]();
