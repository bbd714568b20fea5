import type { Recording, RecordingEnd, RecordingPort } from "../interpreter/index.ts";
import { finishRecording, insertRecording } from "../store/index.ts";
import { inBackground } from "./background.ts";
import type { LiveCall, World } from "./model.ts";

export interface RecordedRecordings extends RecordingPort {
  /** Closes what a flow left running. */
  stopAll(): Promise<void>;
}

/** The recording port, with every recording taken down in the store. */
export function recordedRecordings(world: World, call: LiveCall): RecordedRecordings {
  const open = new Map<string, Recording>();
  return {
    async start(leg, options) {
      const recording = await world.recordings.start(leg, options);
      const { id } = recording;
      const begin = { id, call_id: call.facts.id, leg_id: leg.id, file: world.recordingFile(id, options.format), channels: options.channels, started_ms: world.clock.now() };
      inBackground(world.store.writeSoon((db) => insertRecording(db, begin)));
      const recorded: Recording = {
        id,
        async stop() {
          open.delete(id);
          return await stop(world, recording);
        },
      };
      open.set(id, recorded);
      return recorded;
    },
    async stopAll() {
      await Promise.allSettled([...open.values()].map((recording) => recording.stop()));
    },
  };
}

async function stop({ clock, store }: World, recording: Recording): Promise<RecordingEnd> {
  const finish = (status: "completed" | "failed", duration_ms: number | null) =>
    store.writeSoon((db) => finishRecording(db, recording.id, { status, duration_ms, completed_ms: clock.now() }));
  try {
    const end = await recording.stop();
    inBackground(finish("completed", Math.round(end.durationMs)));
    return end;
  } catch (failure) {
    inBackground(finish("failed", null));
    throw failure;
  }
}
