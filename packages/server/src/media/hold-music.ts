import { FRAME_SAMPLES } from "../audio/index.ts";

/** Music that begins anew at its end, frame by frame. */
export interface HoldMusic {
  next(): Int16Array;
}

/** The last part of the music that fills no frame is left out; music shorter than a frame is silence. */
export function createHoldMusic(music: Int16Array): HoldMusic {
  const frames = Math.floor(music.length / FRAME_SAMPLES);
  const silence = new Int16Array(FRAME_SAMPLES);
  let at = 0;
  return {
    next() {
      if (frames === 0) return silence;
      const from = (at++ % frames) * FRAME_SAMPLES;
      return music.subarray(from, from + FRAME_SAMPLES);
    },
  };
}
