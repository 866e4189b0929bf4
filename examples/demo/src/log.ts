/** Writes one line per thing that happens, with the time and who says it. */
export type Log = (line: string) => void;

export function createLog(name: string): Log {
  return (line) => console.log(`${new Date().toTimeString().slice(0, 8)} ${name}: ${line}`);
}
