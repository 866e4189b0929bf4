import { clientCases } from "../cases/client/index.ts";
import { startRawServer } from "../raw/raw-server.ts";
import type { TransportName } from "../raw/transport-name.ts";
import { createReport } from "../report/create-report.ts";
import type { ConformanceReport } from "../report/report.ts";
import type { ListenOptions } from "../runner/client-case-context.ts";
import type { ClientCase } from "../runner/conformance-case.ts";
import { type CaseResult, runClientCases } from "../runner/run-cases.ts";
import { type CommandClient, createCommandClient } from "../subjects/command-client.ts";
import type { ClientOrder } from "./arguments.ts";
import { chooseCases } from "./choose-cases.ts";
import { findReach, skipAll } from "./reach.ts";
import { UsageError } from "./usage-error.ts";

const DEFAULT_CONCURRENCY = 4;

/** Runs the cases about a client that a command starts. */
export async function examineClient(order: ClientOrder): Promise<ConformanceReport> {
  const { command, deadlineMs, takes } = order;
  const cases = chooseCases(clientCases, order.only);
  const subject = createCommandClient({ command, takes, waitMs: deadlineMs });
  const listen = { port: order.port, ...(order.tls && { tls: order.tls }) };
  const reaches = await findReach(subject.name, order.transport, (transport) =>
    greet(subject, transport, { ...listen, waitMs: deadlineMs }),
  );
  const options = { deadlineMs, concurrency: concurrencyOf(order), listen };
  const results: CaseResult<ClientCase>[] = [];
  for (const { transport, obstacle } of reaches) {
    const more =
      obstacle === undefined
        ? await runClientCases(cases, subject, { ...options, transport })
        : skipAll(cases, transport, obstacle);
    results.push(...more);
  }
  const transports = reaches.map(({ transport }) => transport);
  const name = order.name ?? subject.name;
  return createReport({ subject: name, side: "client", transports }, results);
}

async function greet(
  subject: CommandClient,
  transport: TransportName,
  options: ListenOptions & { readonly waitMs: number },
): Promise<void> {
  await using server = await startRawServer(options);
  await subject.greet(server, transport);
}

function concurrencyOf({ concurrency, port }: ClientOrder): number {
  if (port === 0) return concurrency ?? DEFAULT_CONCURRENCY;
  if (concurrency === undefined || concurrency === 1) return 1;
  throw new UsageError("with a port of its own choice the suite runs one case at a time");
}
