/** Cuts bytes of 16 bit little-endian PCM, which come in pieces of any size, into frames of 20 ms. */
export interface Framing {
  push(bytes: Uint8Array): readonly Int16Array[];
  /** What is left is no whole frame and is thrown away: what comes next does not follow it. */
  restart(): void;
}

export const frameSamples = (sampleRate: number): number => sampleRate / 50;

export function framing(sampleRate: number): Framing {
  const size = frameSamples(sampleRate) * 2;
  let rest = new Uint8Array();
  return {
    push(bytes) {
      const frames: Int16Array[] = [];
      let from = 0;
      if (rest.length > 0) {
        from = Math.min(size - rest.length, bytes.length);
        rest = joined(rest, bytes.subarray(0, from));
        if (rest.length < size) return frames;
        frames.push(samplesOf(rest));
      }
      for (; from + size <= bytes.length; from += size) frames.push(samplesOf(bytes.subarray(from, from + size)));
      rest = bytes.slice(from);
      return frames;
    },
    restart() {
      rest = new Uint8Array();
    },
  };
}

/** The samples of 16 bit little-endian PCM, copied. An odd byte at the end is left out. */
export function samplesOf(bytes: Uint8Array): Int16Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Int16Array.from({ length: bytes.length >> 1 }, (_, index) => view.getInt16(index * 2, true));
}

/** 16 bit little-endian PCM of the samples, copied. */
export function bytesOf(samples: Int16Array): Uint8Array {
  const bytes = new Uint8Array(samples.length * 2);
  const view = new DataView(bytes.buffer);
  for (const [index, sample] of samples.entries()) view.setInt16(index * 2, sample, true);
  return bytes;
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array<ArrayBuffer> {
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}
