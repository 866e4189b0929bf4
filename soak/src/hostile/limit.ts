/** What the guarded server takes of a message; its attackers know. */
export const MAX_RECEIVE_BYTES: number = 2 ** 20;
