/** The version of this package; a test compares it with package.json. */
const VERSION = "0.1.0";

/** The User-Agent header, unless the user's headers hold one. */
export const USER_AGENT: string = `opamp-ts/${VERSION}`;
