import { randomBytes, randomUUID } from "node:crypto";
import { systemClock } from "./clock.ts";

const ALPHANUMERIC = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/** The only source of randomness, so that a test can hand out what it wants. */
export interface Ids {
  /** A UUID, the id of a call leg. */
  uuid(): string;
  /** `length` random characters out of A-Z, a-z, 0-9. */
  token(length: number): string;
  /** A random whole number from 0 to `below` - 1. `below` is at most 2^32. */
  integer(below: number): number;
}

/** Random bytes that nobody has had yet. To ask the generator costs the same for a thousand bytes as for one. */
let pool = Buffer.alloc(0);

function fresh(count: number): Buffer {
  if (pool.length < count) pool = randomBytes(Math.max(1024, count));
  const taken = pool.subarray(0, count);
  pool = pool.subarray(count);
  return taken;
}

/** Ids from the system's cryptographic generator. */
export const randomIds: Ids = {
  // RFC 9562 §5.7, version 7: it begins with the time, so that the rows of calls that come together lie together in the
  // indexes of a database, and few pages of its file change. 74 bits are random, as much as nobody guesses.
  uuid: () => {
    const time = systemClock.now().toString(16).padStart(12, "0");
    return `${time.slice(0, 8)}-${time.slice(8)}-7${randomUUID().slice(15)}`;
  },
  token: (length) => {
    let text = "";
    // 248 is the largest multiple of 62 in a byte: what is above it would favour the first letters.
    while (text.length < length) {
      for (const byte of fresh(length * 2)) {
        if (byte < 248 && text.length < length) text += ALPHANUMERIC[byte % 62];
      }
    }
    return text;
  },
  integer: (below) => Math.floor((fresh(4).readUInt32BE(0) / 2 ** 32) * below),
};

/** Bytes for a key, from the system's cryptographic generator: never from `Ids`, which tests foresee. */
export const secretBytes = (length: number): Uint8Array => Uint8Array.from(randomBytes(length));

/** The same ids in the same order for the same seed; for tests and simulations only. */
export function seededIds(seed = 1): Ids {
  let state = seed >>> 0 || 1;
  // xorshift32 (Marsaglia 2003): enough to tell ids apart, no secrets come from here.
  const next = () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state;
  };
  const token = (length: number, alphabet: string) =>
    Array.from({ length }, () => alphabet[next() % alphabet.length]).join("");
  return {
    uuid: () => {
      const hex = token(32, "0123456789abcdef");
      return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20)}`;
    },
    token: (length) => token(length, ALPHANUMERIC),
    integer: (below) => next() % below,
  };
}
