/** Chance that is the same for the same seed. */
export interface Chance {
  /** An integer from 0 to `below` - 1. */
  below(below: number): number;
  /** True once in so many times. */
  one(inSoMany: number): boolean;
  of<T>(choices: readonly T[]): T;
  bytes(length: number): Uint8Array;
}

export function chance(seed: number): Chance {
  let state = (seed ^ 0x9e3779b9) >>> 0;
  // mulberry32: one 32-bit state, and good enough to have no favourites.
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
  const below = (limit: number) => (limit <= 0 ? 0 : next() % limit);
  return {
    below,
    one: (inSoMany) => below(inSoMany) === 0,
    of(choices) {
      const chosen = choices[below(choices.length)];
      if (chosen === undefined) throw new Error("nothing to choose from");
      return chosen;
    },
    bytes: (length) => Uint8Array.from({ length }, () => below(256)),
  };
}

const NUMBERS = ["0", "-1", "1", "65535", "65536", "2147483647", "2147483648", "4294967295", "4294967296", "99999999999999999999", "1e9", "NaN", "00000001"];
const LONGEST = 70_000;

/** An input with one to eight changes. */
export function mutated(input: Uint8Array, random: Chance, corpus: readonly Uint8Array[], words: readonly string[]): Uint8Array {
  let bytes = input;
  for (let change = 1 + random.below(8); change > 0; change -= 1) bytes = changed(bytes, random, corpus, words);
  return bytes.length > LONGEST ? bytes.subarray(0, LONGEST) : bytes;
}

function changed(bytes: Uint8Array, random: Chance, corpus: readonly Uint8Array[], words: readonly string[]): Uint8Array {
  const at = random.below(bytes.length + 1);
  const length = 1 + random.below(random.one(4) ? 200 : 12);
  const put = (what: Uint8Array, leftOut = 0) => joined(bytes.subarray(0, at), what, bytes.subarray(at + leftOut));
  switch (random.below(12)) {
    case 0: return put(random.bytes(1), 1);
    case 1: return put(Uint8Array.of((bytes[at] ?? 0) ^ (1 << random.below(8))), 1);
    case 2: return put(random.bytes(length));
    case 3: return put(new Uint8Array(), length);
    case 4: return put(bytes.subarray(at, at + length));
    case 5: return put(Uint8Array.of(random.of([0, 9, 10, 13, 32, 34, 44, 58, 59, 60, 61, 62, 92, 127, 128, 255])), random.below(2));
    case 6: return bytes.subarray(0, at);
    case 7: return words.length > 0 ? put(text(random.of(words)), random.below(2) * length) : put(random.bytes(4), 4);
    case 8: return withNumber(bytes, random);
    case 9: return spliced(bytes, random.of(corpus), random);
    case 10: return withLine(bytes, random);
    default: return put(repeated(bytes.subarray(at, at + length), 1 + random.below(random.one(20) ? 2000 : 20)));
  }
}

/** Another number in the place of one that is written in digits. */
function withNumber(bytes: Uint8Array, random: Chance): Uint8Array {
  const numbers = [...Buffer.from(bytes).toString("latin1").matchAll(/\d+/g)];
  if (numbers.length === 0) return bytes;
  const { index, 0: digits } = random.of(numbers);
  return joined(bytes.subarray(0, index), text(random.of(NUMBERS)), bytes.subarray(index + digits.length));
}

/** The beginning of one and the end of another. */
const spliced = (bytes: Uint8Array, other: Uint8Array, random: Chance): Uint8Array =>
  joined(bytes.subarray(0, random.below(bytes.length + 1)), other.subarray(random.below(other.length + 1)));

/** A line left out, said twice, or moved. */
function withLine(bytes: Uint8Array, random: Chance): Uint8Array {
  const lines = Buffer.from(bytes).toString("latin1").split("\n");
  const [line = ""] = lines.splice(random.below(lines.length), 1);
  const times = random.below(3);
  for (let time = 0; time < times; time += 1) lines.splice(random.below(lines.length + 1), 0, line);
  return new Uint8Array(Buffer.from(lines.join("\n"), "latin1"));
}

const repeated = (bytes: Uint8Array, times: number): Uint8Array => joined(...Array.from({ length: Math.min(times, LONGEST) }, () => bytes));
const text = (word: string): Uint8Array => new Uint8Array(Buffer.from(word, "utf8"));
const joined = (...parts: readonly Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(parts));
