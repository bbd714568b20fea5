import { sampleOfFloat } from "./wav-samples.ts";

/** All channels in one, as 16 bit: their mean. A loop, because decoders give millions of samples. */
export function samplesOfFloats(channels: readonly Float32Array[]): Int16Array {
  const [first = new Float32Array(0), ...others] = channels;
  const samples = new Int16Array(first.length);
  for (let at = 0; at < samples.length; at++) {
    let sum = first[at] ?? 0;
    for (const channel of others) sum += channel[at] ?? 0;
    samples[at] = sampleOfFloat(sum / channels.length);
  }
  return samples;
}
