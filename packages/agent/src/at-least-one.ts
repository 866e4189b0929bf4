import { assertNumberSetting } from "@opamp/protocol/internal";

/** A number of a setting that must be whole and above 0. Throws `invalid-argument`, by its name. */
export function atLeastOne(name: string, value: number): number {
  assertNumberSetting(name, value, 1);
  return value;
}
