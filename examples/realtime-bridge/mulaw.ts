// ITU-T G.711 µ-law, as telephone networks carry it: 8 bits a sample, in steps that grow with its size.

const bias = 132;
const loudest = 32_635;

/** Samples of µ-law bytes. */
export function fromMulaw(bytes: Uint8Array): Int16Array {
  return Int16Array.from(bytes, (byte) => {
    const bits = ~byte & 0xff;
    const size = (((bits & 0x0f) << 3) + bias) << ((bits >> 4) & 7);
    return bits & 0x80 ? bias - size : size - bias;
  });
}

/** µ-law bytes of samples. */
export function toMulaw(samples: Int16Array): Uint8Array {
  return Uint8Array.from(samples, (sample) => {
    const size = Math.min(Math.abs(sample), loudest) + bias;
    const segment = 24 - Math.clz32(size >> 0);
    const step = (size >> (segment + 3)) & 0x0f;
    return ~((sample < 0 ? 0x80 : 0) | (segment << 4) | step) & 0xff;
  });
}
