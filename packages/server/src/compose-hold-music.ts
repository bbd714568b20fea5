import { collect } from "./audio/index.ts";
import { messageOf, PiopiyError, scope } from "./base/index.ts";
import { shared } from "./call/index.ts";
import type { AudioPort } from "./interpreter/index.ts";

/** Ten minutes of 8 kHz. */
const LONGEST_SAMPLES = 4_800_000;

/** What is configured to be heard on hold, a file of the media folder, once in memory. Fails with `bad_configuration`. */
export async function holdMusicOf(audio: AudioPort, name: string | undefined): Promise<Int16Array | undefined> {
  if (name === undefined) return undefined;
  using loading = scope();
  try {
    const source = await audio.file({ type: "name", name }, loading.signal);
    const samples = await collect(source);
    if (samples.length <= LONGEST_SAMPLES) return shared(samples);
  } catch (failure) {
    throw new PiopiyError("bad_configuration", `media.hold_music cannot be played: ${messageOf(failure)}`);
  }
  throw new PiopiyError("bad_configuration", "media.hold_music is longer than ten minutes.");
}
