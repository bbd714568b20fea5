import { describe } from "./failure.ts";
import type { Recording } from "./ports.ts";
import type { Stage } from "./verb.ts";

type Recorder = Pick<Stage, "leg" | "ports" | "note">;

/** Starts recording the leg of a flow, and says so. */
export async function startRecording({ leg, ports, note }: Recorder, channels: "mono" | "stereo"): Promise<Recording> {
  const recording = await ports.recordings.start(leg, { channels });
  note("recording.started", { recording: recording.id, channels });
  return recording;
}

/** Closes a recording: it is complete on disk, and the timeline says how long it is. Never rejects. */
export async function closeRecording({ note }: Recorder, recording: Recording): Promise<void> {
  try {
    const { durationMs } = await recording.stop();
    note("recording.finished", { recording: recording.id, durationMs });
  } catch (failure) {
    note("recording.failed", { recording: recording.id, ...describe(failure) });
  }
}

/** Closes what still runs at the end of a flow. */
export async function closeRecordings(stage: Stage): Promise<void> {
  await Promise.all(stage.recordings.map((recording) => closeRecording(stage, recording)));
}
