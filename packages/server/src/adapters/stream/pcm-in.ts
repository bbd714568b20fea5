import { SAMPLE_RATE_HZ } from "../../audio/index.ts";
import { createLiveResampler } from "./live-resampler.ts";

/** Makes 8 kHz samples of little-endian bytes, which may be cut anywhere, also within a sample. */
export interface PcmIn {
  push(bytes: Uint8Array): Int16Array;
  /** The rest, when nothing follows; half a sample is thrown away. It begins anew afterwards. */
  flush(): Int16Array;
}

export function createPcmIn(sampleRateHz: number): PcmIn {
  let resampler = createLiveResampler(sampleRateHz, SAMPLE_RATE_HZ);
  let half: number | undefined;
  return {
    push(bytes) {
      const carried = half === undefined ? 0 : 1;
      const samples = new Int16Array((bytes.length + carried) >> 1);
      for (let index = 0, at = -carried; index < samples.length; index++, at += 2) {
        const low = at < 0 ? half : bytes[at];
        samples[index] = (low ?? 0) | ((bytes[at + 1] ?? 0) << 8);
      }
      half = (bytes.length + carried) % 2 === 0 ? undefined : (bytes.at(-1) ?? half);
      return resampler.push(samples);
    },
    flush() {
      const rest = resampler.flush();
      resampler = createLiveResampler(sampleRateHz, SAMPLE_RATE_HZ);
      half = undefined;
      return rest;
    },
  };
}
