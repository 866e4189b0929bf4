import { readFileSync } from "node:fs";
import { UsageError } from "./usage-error.ts";

/** A whole number from `minimum` on. */
export function integerFrom(option: string, text: string, minimum: number): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= minimum) return value;
  throw new UsageError(`--${option} takes a whole number from ${minimum} on, not "${text}"`);
}

/** One of several words. */
export function choiceFrom<T extends string>(
  option: string,
  text: string,
  choices: readonly T[],
): T {
  const choice = choices.find((candidate) => candidate === text);
  if (choice !== undefined) return choice;
  throw new UsageError(`--${option} takes ${choices.join(" or ")}, not "${text}"`);
}

/** Words separated by commas, of an option that may be repeated. */
export function wordsFrom(texts: readonly string[] = []): readonly string[] {
  return texts.flatMap((text) => text.split(",")).flatMap((word) => word.trim() || []);
}

/** Headers in the form `name: value`, under their names in lower case. */
export function headersFrom(texts: readonly string[] = []): Readonly<Record<string, string>> {
  return Object.fromEntries(
    texts.map((text) => {
      const [, name = "", value = ""] = /^([^\s:]+)\s*:\s*(.*)$/s.exec(text) ?? [];
      if (name === "") throw new UsageError(`--header takes "name: value", not "${text}"`);
      return [name.toLowerCase(), value];
    }),
  );
}

/** The content of a file that an option names. */
export function fileFrom(option: string, path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (cause) {
    throw new UsageError(`--${option}: cannot read ${path}`, { cause });
  }
}

/** The URL of a server. */
export function urlFrom(text: string | undefined): URL {
  if (text === undefined) throw new UsageError("server needs the URL of a server");
  const url = URL.parse(text);
  if (url !== null && /^(wss?|https?):$/.test(url.protocol)) return url;
  throw new UsageError(`"${text}" is no URL that begins with ws, wss, http or https`);
}
