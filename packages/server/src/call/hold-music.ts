import { mixInto, SAMPLE_RATE_HZ } from "../audio/index.ts";

// Four bars of slowly broken chords, a little like a music box: C, A minor, F, G, each with its seventh.
const BARS = [
  [48, 55, 64, 71, 67, 64, 71, 67],
  [45, 52, 60, 67, 64, 60, 67, 64],
  [41, 48, 57, 64, 60, 57, 64, 60],
  [43, 50, 59, 65, 62, 59, 65, 62],
] as const;
const NOTE_SAMPLES = (SAMPLE_RATE_HZ * 2) / 5;
const LEVEL = 0.1;
/** How much of a note is left after a second. */
const FADE = 0.12;
/** Loudness of the note itself and its overtones: few, so that nothing is lost between 300 and 3400 Hz. */
const PARTIALS = [1, 0.45, 0.15];

let made: Int16Array | undefined;

/** The music that is heard on hold unless another is configured: about 13 s, to be repeated without a seam. */
export function builtInHoldMusic(): Int16Array {
  return (made ??= compose());
}

/** `samples` in memory that threads share, so that any number of legs on hold need it once. */
export function shared(samples: Int16Array): Int16Array {
  const copy = new Int16Array(new SharedArrayBuffer(samples.byteLength));
  copy.set(samples);
  return copy;
}

function compose(): Int16Array {
  const notes = BARS.flat();
  const music = new Int16Array(notes.length * NOTE_SAMPLES);
  notes.forEach((key, index) => {
    const rings = note(440 * 2 ** ((key + 12 - 69) / 12));
    const from = index * NOTE_SAMPLES;
    // What rings on beyond the end belongs to the beginning, which comes next.
    mixInto(music, rings, from);
    if (from + rings.length > music.length) mixInto(music, rings.subarray(music.length - from));
  });
  return shared(music);
}

/** One note of two seconds. */
function note(frequencyHz: number): Int16Array {
  const samples = new Int16Array(2 * SAMPLE_RATE_HZ);
  for (let at = 0; at < samples.length; at++) {
    const seconds = at / SAMPLE_RATE_HZ;
    // Struck within 8 ms, faded in time, and silent at the end: nothing clicks.
    const loudness = Math.min(1, seconds / 0.008) * FADE ** seconds * (1 - seconds / 2);
    let sum = 0;
    PARTIALS.forEach((part, index) => (sum += part * Math.sin(2 * Math.PI * frequencyHz * (index + 1) * seconds)));
    samples[at] = Math.round(32_767 * LEVEL * loudness * sum);
  }
  return samples;
}
