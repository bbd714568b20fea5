import type { Recording, RecordingEnd, RecordingPort } from "../interpreter/index.ts";
import { finishRecording, insertRecording } from "../store/index.ts";
import { inBackground } from "./background.ts";
import { commit } from "./commit.ts";
import { endOfRecording } from "./events.ts";
import type { LegFacts, LiveCall, World } from "./model.ts";

export interface RecordedRecordings extends RecordingPort {
  /** Closes what a flow left running. */
  stopAll(): Promise<void>;
}

/** The recording port, with every recording taken down in the store, and its end told. */
export function recordedRecordings(world: World, call: LiveCall): RecordedRecordings {
  /** Since there was one. */
  let open: Map<string, Recording> | undefined;
  return {
    async start(leg, options) {
      const recording = await world.recordings.start(leg, options);
      const { id } = recording;
      const { channels, format } = options;
      const begin = { id, call_id: call.facts.id, leg_id: leg.id, file: world.recordingFile(id, format), channels, started_ms: world.clock.now() };
      inBackground(world.store.writeSoon((db) => insertRecording(db, begin)));
      const facts = call.legs.get(leg.id)?.facts;
      let told = false;
      const ended = (end?: RecordingEnd) => {
        if (!told) finish(world, call, facts, { id, channels, ...(end && { durationMs: Math.round(end.durationMs) }) }, end?.bytes);
        told = true;
      };
      const recorded: Recording = {
        id,
        async stop() {
          open?.delete(id);
          return await stop(recording, ended);
        },
      };
      (open ??= new Map<string, Recording>()).set(id, recorded);
      return recorded;
    },
    async stopAll() {
      await Promise.allSettled([...(open?.values() ?? [])].map((recording) => recording.stop()));
    },
  };
}

async function stop(recording: Recording, ended: (end?: RecordingEnd) => void): Promise<RecordingEnd> {
  try {
    const end = await recording.stop();
    ended(end);
    return end;
  } catch (failure) {
    ended();
    throw failure;
  }
}

function finish(world: World, call: LiveCall, leg: LegFacts | undefined, recording: Parameters<typeof endOfRecording>[3], bytes: number | undefined): void {
  const { id, durationMs } = recording;
  const completed_ms = world.clock.now();
  const status = durationMs === undefined ? "failed" : "completed";
  const events = leg ? endOfRecording(world, call, leg, recording) : [];
  commit(world, events, (db) => finishRecording(db, id, { status, duration_ms: durationMs ?? null, completed_ms, bytes: bytes ?? null }));
}
