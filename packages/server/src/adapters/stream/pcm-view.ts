import { pcmBytes } from "../../audio/index.ts";

const littleEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

/** The little-endian bytes of samples: the same memory where that is possible, so that nothing is copied twice. */
export function pcmView(samples: Int16Array): Uint8Array {
  return littleEndian ? new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength) : pcmBytes(samples);
}

/** The samples of little-endian bytes in the same memory, where that is possible. */
export function samplesView(bytes: Uint8Array): Int16Array | undefined {
  if (!littleEndian || bytes.length % 2 !== 0 || bytes.byteOffset % 2 !== 0) return undefined;
  return new Int16Array(bytes.buffer, bytes.byteOffset, bytes.length / 2);
}
