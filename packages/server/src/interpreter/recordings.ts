import { describe } from "./failure.ts";
import type { Recording, RecordingEnd, RecordingOptions } from "./ports.ts";
import type { Stage } from "./verb.ts";

type Recorder = Pick<Stage, "leg" | "ports" | "note">;

/** Starts recording the leg of a flow, and says so. */
export async function startRecording({ leg, ports, note }: Recorder, options: RecordingOptions): Promise<Recording> {
  const recording = await ports.recordings.start(leg, options);
  note("recording.started", { recording: recording.id, ...options });
  return recording;
}

/** Closes a recording: it is complete on disk, and the timeline says how long it is; or what failed. Never rejects. */
export async function closeRecording({ note }: Recorder, recording: Recording): Promise<RecordingEnd | undefined> {
  try {
    const { durationMs, bytes, format } = await recording.stop();
    const end = { durationMs, bytes, format };
    note("recording.finished", { recording: recording.id, ...end });
    return end;
  } catch (failure) {
    note("recording.failed", { recording: recording.id, ...describe(failure) });
    return undefined;
  }
}

/** Closes what still runs at the end of a flow. */
export async function closeRecordings(stage: Stage): Promise<void> {
  await Promise.all(stage.recordings.map((recording) => closeRecording(stage, recording)));
}
