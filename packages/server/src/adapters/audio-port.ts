import type { AudioPort } from "../interpreter/index.ts";
import type { AudioFiles } from "./audio-files.ts";
import type { Speech } from "./speech/speech.ts";

/** What a flow plays: files and speech. */
export function audioPort(files: AudioFiles, speech: Speech): AudioPort {
  return {
    file: (reference, signal) => files.open(reference, signal),
    speech: (request, signal) => speech.speak(request, signal),
  };
}
