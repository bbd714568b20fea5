/**
 * ITU-T G.711 companding. Both directions are table look-ups; the tables are made once from the recommendation's
 * segments, so that the hot path neither branches nor allocates.
 */

/** The µ-law and A-law codes of a sample of value 0. */
const ULAW_SILENCE = 0xff;
const ALAW_SILENCE = 0xd5;

/** G.711 table 2: 14 bit magnitudes with a bias of 33 fall into eight segments, each twice as wide as the one before. */
function ulawCode(sample: number): number {
  // ~ rather than minus: the decision values of the negative half lie one step lower, so -1 is still "negative zero".
  const magnitude = Math.min(((sample < 0 ? ~sample : sample) >> 2) + 33, 0x1fff);
  const segment = 31 - Math.clz32(magnitude >> 5);
  const step = (magnitude >> (segment + 1)) & 0x0f;
  const sign = sample < 0 ? 0x80 : 0;
  // µ-law characters are sent with all bits inverted.
  return ~(sign | (segment << 4) | step) & 0xff;
}

function ulawSample(code: number): number {
  const inverted = ~code & 0xff;
  const segment = (inverted >> 4) & 7;
  const magnitude = (((inverted & 0x0f) * 2 + 33) << segment) - 33;
  // 14 bit values stand in the upper bits of 16; `|| 0` makes the negative zero of 0x7F a plain zero.
  return (inverted & 0x80 ? -magnitude : magnitude) * 4 || 0;
}

/** G.711 table 1: 12 bit magnitudes; segments 0 and 1 have the same width. */
function alawCode(sample: number): number {
  const magnitude = (sample < 0 ? ~sample : sample) >> 4;
  const segment = magnitude < 32 ? magnitude >> 4 : 28 - Math.clz32(magnitude);
  const step = (segment < 2 ? magnitude : magnitude >> (segment - 1)) & 0x0f;
  const sign = sample < 0 ? 0 : 0x80;
  // A-law characters are sent with every even bit inverted.
  return (sign | (segment << 4) | step) ^ 0x55;
}

function alawSample(code: number): number {
  const even = code ^ 0x55;
  const segment = (even >> 4) & 7;
  const step = even & 0x0f;
  const magnitude = segment === 0 ? (step << 4) + 8 : ((step + 16) * 16 + 8) << (segment - 1);
  return even & 0x80 ? magnitude : -magnitude;
}

const encodeTable = (code: (sample: number) => number) =>
  Uint8Array.from({ length: 65_536 }, (_, bits) => code((bits << 16) >> 16));
const decodeTable = (sample: (code: number) => number) => Int16Array.from({ length: 256 }, (_, code) => sample(code));

const ulawCodes = encodeTable(ulawCode);
const alawCodes = encodeTable(alawCode);
const ulawSamples = decodeTable(ulawSample);
const alawSamples = decodeTable(alawSample);

type Encode = (samples: Int16Array, target?: Uint8Array, offset?: number) => Uint8Array;
type Decode = (codes: Uint8Array, target?: Int16Array, offset?: number) => Int16Array;

const encoder = (table: Uint8Array): Encode =>
  function encode(samples, target = new Uint8Array(samples.length), offset = 0) {
    for (let index = 0; index < samples.length; index++) {
      target[offset + index] = table[(samples[index] ?? 0) & 0xffff] ?? 0;
    }
    return target;
  };
const decoder = (table: Int16Array): Decode =>
  function decode(codes, target = new Int16Array(codes.length), offset = 0) {
    for (let index = 0; index < codes.length; index++) target[offset + index] = table[codes[index] ?? 0] ?? 0;
    return target;
  };

/** Writes the µ-law codes of `samples` into `target` from `offset` on, and returns it; without a target, into a new array. */
export const encodeUlaw = encoder(ulawCodes);
/** Writes the A-law codes of `samples` into `target` from `offset` on, and returns it; without a target, into a new array. */
export const encodeAlaw = encoder(alawCodes);
/** Writes the samples of µ-law `codes` into `target` from `offset` on, and returns it; without a target, into a new array. */
export const decodeUlaw = decoder(ulawSamples);
/** Writes the samples of A-law `codes` into `target` from `offset` on, and returns it; without a target, into a new array. */
export const decodeAlaw = decoder(alawSamples);

/** Both laws by the name SDP gives them (RFC 3551 §4.5.14); `table` has the sample of each code. */
export const g711 = {
  PCMU: { encode: encodeUlaw, decode: decodeUlaw, table: ulawSamples, silence: ULAW_SILENCE },
  PCMA: { encode: encodeAlaw, decode: decodeAlaw, table: alawSamples, silence: ALAW_SILENCE },
} as const;
