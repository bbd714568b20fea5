import { decodeAlaw, decodeUlaw } from "./g711.ts";

export interface SampleFormat {
  readonly encoding: "pcm8" | "pcm16" | "pcm24" | "pcm32" | "float32" | "float64" | "alaw" | "ulaw";
  readonly sampleBytes: number;
}

/** A function that gives the 16 bit sample at a byte position. */
export function wavReader(format: SampleFormat, bytes: Uint8Array): (at: number) => number {
  const read = readers[format.encoding];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return (at) => read(view, at);
}

const readers: Readonly<Record<SampleFormat["encoding"], (view: DataView, at: number) => number>> = {
  // The only unsigned one: 128 is silence.
  pcm8: (view, at) => (view.getUint8(at) - 128) << 8,
  pcm16: (view, at) => view.getInt16(at, true),
  pcm24: (view, at) => view.getInt16(at + 1, true),
  pcm32: (view, at) => view.getInt16(at + 2, true),
  float32: (view, at) => sampleOfFloat(view.getFloat32(at, true)),
  float64: (view, at) => sampleOfFloat(view.getFloat64(at, true)),
  alaw: (view, at) => alawSamples[view.getUint8(at)] ?? 0,
  ulaw: (view, at) => ulawSamples[view.getUint8(at)] ?? 0,
};

const everyCode = Uint8Array.from({ length: 256 }, (_, code) => code);
const alawSamples = decodeAlaw(everyCode);
const ulawSamples = decodeUlaw(everyCode);

/** -1..1 to 16 bit; beyond is clipped, what is no number is silence. */
export function sampleOfFloat(value: number): number {
  if (Number.isNaN(value)) return 0;
  return Math.max(-32_768, Math.min(32_767, Math.round(value * 32_767)));
}
