import type { ClientCase } from "../../runner/conformance-case.ts";

/** Every case about a client. */
export const clientCases: readonly ClientCase[] = [];
