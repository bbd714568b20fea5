import { createResampler, g711, SAMPLE_RATE_HZ, type Resampler } from "../../audio/index.ts";
import { concatSamples } from "../../base/index.ts";
import type { BotAudio } from "./dialect.ts";
import { createLiveResampler } from "./live-resampler.ts";
import { samplesView } from "./pcm-view.ts";

/** Makes 8 kHz samples of what one utterance consists of, however it was cut, also within a sample. */
export interface PcmIn {
  push(audio: Exclude<BotAudio, { form: "file" }>): Int16Array;
  /** What is 8 kHz samples already. */
  pushSamples(samples: Int16Array): Int16Array;
  /** The rest, when nothing follows; half a sample is thrown away. It begins anew afterwards. */
  flush(): Int16Array;
}

const none = new Int16Array(0);

/** `live`: every push gives as much time as it takes, for the price of a few milliseconds of silence at the beginning. */
export function createPcmIn(live: boolean): PcmIn {
  const begin = live ? createLiveResampler : createResampler;
  let resampler: Resampler | undefined;
  let rateHz = 0;
  let half: number | undefined;

  const flush = () => {
    const rest = resampler?.flush() ?? none;
    resampler = undefined;
    half = undefined;
    return rest;
  };
  const behindRest = (samples: Int16Array) => {
    const rest = flush();
    return rest.length === 0 ? samples : concatSamples([rest, samples]);
  };
  const samplesOf = (bytes: Uint8Array): Int16Array => {
    const view = half === undefined ? samplesView(bytes) : undefined;
    if (view) return view;
    const carried = half === undefined ? 0 : 1;
    const samples = new Int16Array((bytes.length + carried) >> 1);
    for (let index = 0, at = -carried; index < samples.length; index++, at += 2) {
      const low = at < 0 ? half : bytes[at];
      samples[index] = (low ?? 0) | ((bytes[at + 1] ?? 0) << 8);
    }
    half = (bytes.length + carried) % 2 === 0 ? undefined : (bytes.at(-1) ?? half);
    return samples;
  };
  return {
    push(audio) {
      if (audio.form === "mulaw") return behindRest(g711.PCMU.decode(audio.bytes));
      const rest = rateHz === audio.sampleRateHz ? none : flush();
      rateHz = audio.sampleRateHz;
      const samples = samplesOf(audio.bytes);
      if (rateHz === SAMPLE_RATE_HZ) return rest.length === 0 ? samples : concatSamples([rest, samples]);
      resampler ??= begin(rateHz, SAMPLE_RATE_HZ);
      const converted = resampler.push(samples);
      return rest.length === 0 ? converted : concatSamples([rest, converted]);
    },
    pushSamples: behindRest,
    flush,
  };
}
