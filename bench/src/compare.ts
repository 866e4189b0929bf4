import { median } from "./result.ts";
import { ours, type ServerProgram } from "./server-process.ts";

export interface Comparison {
  /** @default our server in one process */
  readonly mine?: ServerProgram;
  /** The peer, where it is on this machine. */
  readonly theirs: ServerProgram | undefined;
  readonly rounds: number;
}

/** Medians of ours and of the peer's. */
export interface Compared {
  readonly peer: string;
  readonly ours: number;
  readonly theirs: number | undefined;
}

/** Measures both servers in turn, round by round, so that both see the same machine. */
export async function compare<K extends string>(
  { mine: program = ours, theirs, rounds }: Comparison,
  measure: (program: ServerProgram) => Promise<Readonly<Record<K, number>>>,
): Promise<(key: K) => Compared> {
  const mine: Readonly<Record<K, number>>[] = [];
  const others: Readonly<Record<K, number>>[] = [];
  const measureOnce = async (server: ServerProgram): Promise<Readonly<Record<K, number>>> => {
    const measured = await measure(server);
    console.error(server.name, JSON.stringify(measured));
    return measured;
  };
  for (let round = 0; round < rounds; round += 1) {
    mine.push(await measureOnce(program));
    if (theirs !== undefined) others.push(await measureOnce(theirs));
  }
  return (key) => ({
    peer: theirs?.name ?? "opamp-go server",
    ours: median(mine.map((measured) => measured[key])),
    theirs: theirs === undefined ? undefined : median(others.map((measured) => measured[key])),
  });
}
