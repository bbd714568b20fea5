import { toneSource } from "../../audio/index.ts";
import { startRecording } from "../recordings.ts";
import { isMessage, takeMessage } from "../take-message.ts";
import type { Verb } from "../verb.ts";

const beep = { frequencyHz: 1000, durationMs: 250 };

/**
 * Records the leg from now until the flow ends, while the next actions are performed; as the last action of a flow it
 * keeps the call up until somebody hangs up or the call's duration is over. With a limit (`max_length`,
 * `silence_timeout`, `finish_on_key`) it is a message: the flow waits until it has ended.
 */
export const record: Verb<"record"> = async (action, stage) => {
  const { leg, line, note, recordings, signal } = stage;
  const message = isMessage(action);
  if (!message && recordings.length > 0) {
    note("warning", { warning: "already_recording" });
    return {};
  }
  await line.open();
  if (action.beep) await leg.play(toneSource(beep), signal);
  signal.throwIfAborted();
  if (message) return { outcome: await takeMessage(action, stage) };
  const recording = await startRecording(stage, { channels: action.channels, format: action.format });
  recordings.push(recording);
  return { outcome: { recording: recording.id } };
};
