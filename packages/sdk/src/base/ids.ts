/** The only source of randomness. */
export interface Ids {
  /** A random UUID. */
  uuid(): string;
  /** A random number from 0 to below 1. */
  fraction(): number;
}

/** Ids from the platform's WebCrypto, which Node, Bun, Deno and Workers share. */
export const randomIds: Ids = {
  uuid: () => globalThis.crypto.randomUUID(),
  fraction: () => (globalThis.crypto.getRandomValues(new Uint32Array(1))[0] ?? 0) / 2 ** 32,
};
