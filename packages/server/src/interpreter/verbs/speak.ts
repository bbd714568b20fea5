import { playOut } from "../play-out.ts";
import type { Verb } from "../verb.ts";

/** Speaks a text to its end. */
export const speak: Verb<"speak"> = ({ text, language, voice }, stage) => {
  const warn = (message: string) => stage.note("warning", { warning: "speech", message });
  const request = {
    text, warn, ...(language !== undefined && { language }), ...(voice !== undefined && { voice }),
  };
  const speech = (signal: AbortSignal) => stage.ports.audio.speech(request, signal);
  return playOut(speech, stage, stage.signal);
};
