import { FRAME_MS, FRAME_SAMPLES } from "./source.ts";

/** How long nobody has spoken: a stage that audio of one party goes through. */
export interface SilenceMeter {
  /** Takes audio in the order in which it was heard; how much silence it ends with, in whole frames. */
  push(samples: Int16Array): number;
}

/** Below -46 dBFS there is nothing to hear: idle noise of G.711 and comfort noise. */
const QUIET_RMS = 165;
/** Speech stands at least 10 dB above the noise of its line. */
const ABOVE_NOISE = 3.2;
/** Noise is never taken to be louder than this, so that a loud hum or a tone is heard for as long as it lasts. */
const LOUDEST_NOISE_RMS = 400;
/** The estimate of the noise rises by a quarter per second, and falls at once: pauses between words show it. */
const RISE = 1.0045;

export function createSilenceMeter(): SilenceMeter {
  let silentMs = 0;
  let noiseRms = QUIET_RMS / ABOVE_NOISE;
  const hear = (frame: Int16Array) => {
    const rms = rmsOf(frame);
    noiseRms = Math.min(LOUDEST_NOISE_RMS, Math.max(QUIET_RMS / ABOVE_NOISE, Math.min(rms, noiseRms * RISE)));
    silentMs = rms < Math.max(QUIET_RMS, noiseRms * ABOVE_NOISE) ? silentMs + FRAME_MS : 0;
  };
  return {
    push(samples) {
      for (let at = 0; at + FRAME_SAMPLES <= samples.length; at += FRAME_SAMPLES) hear(samples.subarray(at, at + FRAME_SAMPLES));
      return silentMs;
    },
  };
}

function rmsOf(samples: Int16Array): number {
  let energy = 0;
  for (const sample of samples) energy += sample * sample;
  return Math.sqrt(energy / samples.length);
}
