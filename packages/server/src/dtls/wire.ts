import { concatBytes } from "../base/index.ts";

const NOTHING = new Uint8Array(0);

/** Reads numbers and vectors (RFC 5246 §4) of what a stranger sent. Whoever reads beyond the end gets nothing, and `ok` is false. */
export class Reader {
  readonly #bytes: Uint8Array;
  #at = 0;
  #ok = true;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** Everything that was asked for was there. */
  get ok(): boolean {
    return this.#ok;
  }

  get left(): number {
    return this.#bytes.length - this.#at;
  }

  /** Everything was there, and there is nothing more. */
  get complete(): boolean {
    return this.#ok && this.left === 0;
  }

  take(length: number): Uint8Array {
    if (length > this.left) {
      this.#ok = false;
      this.#at = this.#bytes.length;
      return NOTHING;
    }
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }

  /** A number of up to six octets. */
  uint(octets: number): number {
    return this.take(octets).reduce((value, octet) => value * 256 + octet, 0);
  }

  /** What stands behind its own length. */
  vector(lengthOctets: number): Uint8Array {
    return this.take(this.uint(lengthOctets));
  }

  /** Numbers up to the end. */
  uints(octets: number): readonly number[] {
    const all: number[] = [];
    while (this.#ok && this.left > 0) all.push(this.uint(octets));
    return all;
  }
}

/** A number of up to six octets. */
export function uint(octets: number, value: number): Uint8Array {
  const bytes = new Uint8Array(octets);
  let rest = value;
  for (let at = octets - 1; at >= 0; at--) {
    bytes[at] = rest % 256;
    rest = Math.floor(rest / 256);
  }
  return bytes;
}

export const uints = (octets: number, values: readonly number[]): Uint8Array => concatBytes(values.map((value) => uint(octets, value)));

export const vector = (lengthOctets: number, content: Uint8Array): Uint8Array => concatBytes([uint(lengthOctets, content.length), content]);
