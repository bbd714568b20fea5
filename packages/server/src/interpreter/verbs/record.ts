import { PiopiyError } from "../../base/index.ts";
import { startRecording } from "../recordings.ts";
import type { Verb } from "../verb.ts";

/**
 * Records the leg from now until the flow ends, while the next actions are performed. As the last action of a flow it
 * keeps the call up until somebody hangs up or the call's duration is over: voicemail is a prompt and a `record`.
 */
export const record: Verb<"record"> = async ({ channels, format }, stage) => {
  const { line, note, recordings } = stage;
  if (format !== "wav") throw new PiopiyError("unsupported_action", "Recordings are wav only.");
  if (recordings.length > 0) {
    note("warning", { warning: "already_recording" });
    return {};
  }
  await line.open();
  const recording = await startRecording(stage, channels);
  recordings.push(recording);
  return { outcome: { recording: recording.id } };
};
