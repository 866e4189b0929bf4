import { serverCases } from "../cases/server/index.ts";
import { createReport } from "../report/create-report.ts";
import type { ConformanceReport } from "../report/report.ts";
import type { ServerCase } from "../runner/conformance-case.ts";
import { type CaseResult, runServerCases } from "../runner/run-cases.ts";
import { createRemoteServer } from "../subjects/remote-server.ts";
import type { ServerOrder } from "./arguments.ts";
import { chooseCases } from "./choose-cases.ts";
import { findReach, skipAll } from "./reach.ts";

/** Runs the cases about a server at a URL. */
export async function examineServer(order: ServerOrder): Promise<ConformanceReport> {
  const { access, concurrency = 1, deadlineMs, url } = order;
  const cases = chooseCases(serverCases, order.only);
  const subject = createRemoteServer({ url, access, waitMs: deadlineMs });
  const reaches = await findReach(url.href, order.transport, (transport) =>
    subject.greet(transport),
  );
  const results: CaseResult<ServerCase>[] = [];
  for (const { transport, obstacle } of reaches) {
    const options = { transport, deadlineMs, concurrency };
    const more =
      obstacle === undefined
        ? await runServerCases(cases, subject, options)
        : skipAll(cases, transport, obstacle);
    results.push(...more);
  }
  const transports = reaches.map(({ transport }) => transport);
  return createReport({ subject: order.name ?? url.href, side: "server", transports }, results);
}
