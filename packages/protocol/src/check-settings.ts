import { describeThrown, OpAMPError } from "./errors.ts";

/** The most that timers and size limits of the platform take: 24 days, 2 GiB. */
const MAX_NUMBER = 2 ** 31 - 1;

/** Throws `invalid-argument` for a time or size that the platform would take for another. */
export function assertNumberSetting(name: string, value: number, atLeast: number): void {
  if (Number.isSafeInteger(value) && value >= atLeast && value <= MAX_NUMBER) return;
  throw new OpAMPError(
    "invalid-argument",
    `${name} is ${describeThrown(value)}; expected a whole number from ${atLeast} to ${MAX_NUMBER}`,
  );
}

/**
 * Throws `invalid-argument` for a member that there is no meaning for, such as a misspelt one. An
 * object of a class may hold more than settings.
 */
export function assertKnownMembers(
  group: string,
  given: object,
  known: Readonly<Record<string, unknown>>,
): void {
  if (Object.getPrototypeOf(given) !== Object.prototype) return;
  const unknown = Object.keys(given).find((name) => !Object.hasOwn(known, name));
  if (unknown === undefined) return;
  throw new OpAMPError(
    "invalid-argument",
    `${group}.${unknown} is not an option; known are ${Object.keys(known).join(", ")}`,
  );
}

type Numbers<K extends string> = Readonly<Record<K, number>>;

/** The numbers given, and the defaults of the others. Throws `invalid-argument`, also for an unknown one. */
export function numbersWithDefaults<K extends string>(
  group: string,
  rule: { readonly defaults: Numbers<K>; readonly atLeast: number },
  given: { readonly [P in K]?: number } = {},
): Numbers<K> {
  assertKnownMembers(group, given, rule.defaults);
  const result: Record<K, number> = { ...rule.defaults };
  for (const name in rule.defaults) {
    result[name] = given[name] ?? rule.defaults[name];
    assertNumberSetting(`${group}.${name}`, result[name], rule.atLeast);
  }
  return result;
}

/** Names are reverse domain names (W-55); what is checked is that they can be matched at all. */
export function assertCustomCapabilities(what: string, names: readonly string[]): void {
  const given: unknown = names;
  if (!Array.isArray(given)) {
    throw new OpAMPError("invalid-argument", `${what} is not an array of names`);
  }
  for (const name of names) {
    if (/^[^\s.]+(\.[^\s.]+)+$/.test(name)) continue;
    throw new OpAMPError(
      "invalid-argument",
      `${what}: the custom capability ${JSON.stringify(name)} is not a reverse domain name such as com.example.snapshots/v1`,
    );
  }
}
