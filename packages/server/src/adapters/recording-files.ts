import { join } from "node:path";
import { interleave, mix } from "../audio/index.ts";
import { channels as observed, scope, type Clock, type Ids } from "../base/index.ts";
import type { Recording, RecordingPort } from "../interpreter/index.ts";
import { createWavWriter, type WavWriter, type WavWritten } from "./wav-writer.ts";

/** The leg that is recorded, as the port gets it. */
type RecordedLeg = Parameters<RecordingPort["start"]>[0];
type Channels = Parameters<RecordingPort["start"]>[1]["channels"];

export interface RecordingStarted {
  readonly recordingId: string;
  readonly legId: string;
  /** The file's path. */
  readonly file: string;
  readonly channels: Channels;
  /** Milliseconds since the Unix epoch. */
  readonly startedAtMs: number;
}

export interface RecordingCompleted extends RecordingStarted, WavWritten {
  readonly endedAtMs: number;
}

export interface RecordingFailed extends RecordingStarted {
  readonly failure: unknown;
}

export interface RecordingFilesOptions {
  readonly folder: string;
  readonly clock: Clock;
  readonly ids: Ids;
  /** The file is there and grows. */
  readonly onStarted?: (recording: RecordingStarted) => void;
  /** The file is complete on disk; not told for a recording that failed. */
  readonly onCompleted?: (recording: RecordingCompleted) => void;
  /** The disk failed; told once. The call goes on, what was written before stays. */
  readonly onFailed?: (recording: RecordingFailed) => void;
}

/** Records legs into WAV files of 8 kHz, 16 bit: `<folder>/<recording id>.wav`. */
export interface RecordingFiles extends RecordingPort {
  /** Recordings going on now. */
  readonly open: number;
  /** Completes every recording. */
  close(): Promise<void>;
}

interface Running {
  readonly recording: RecordingStarted;
  readonly writer: WavWriter;
  failed: boolean;
}

export function createRecordingFiles(options: RecordingFilesOptions): RecordingFiles {
  const running = new Set<Recording>();
  return {
    async start(leg, { channels }) {
      const recordingId = options.ids.uuid();
      const file = join(options.folder, `${recordingId}.wav`);
      const recording = { recordingId, legId: leg.id, file, channels, startedAtMs: options.clock.now() };
      const started = await begin(recording, options);
      if (!started) return { id: recordingId, stop: () => Promise.resolve({ durationMs: 0 }) };
      options.onStarted?.(recording);
      const handle = record(leg, started, options, () => running.delete(handle));
      running.add(handle);
      if (leg.signal.aborted) await handle.stop();
      return handle;
    },
    get open() {
      return running.size;
    },
    async close() {
      await Promise.all(Array.from(running, (recording) => recording.stop()));
    },
  };
}

/** Opens the file. A disk that fails ends the recording, not the call: nothing is thrown. */
async function begin(recording: RecordingStarted, { clock, onFailed }: RecordingFilesOptions): Promise<Running | undefined> {
  let running: Running | undefined;
  const failed = (failure: unknown) => {
    if (running) running.failed = true;
    onFailed?.({ ...recording, failure });
  };
  try {
    const width = recording.channels === "stereo" ? 2 : 1;
    const writer = await createWavWriter({ path: recording.file, channels: width, clock, onFailed: failed });
    running = { recording, writer, failed: false };
  } catch (failure) {
    failed(failure);
  }
  return running;
}

function record(leg: RecordedLeg, running: Running, { clock, onCompleted }: RecordingFilesOptions, ended: () => void): Recording {
  const { recording, writer } = running;
  const join = recording.channels === "stereo" ? interleave : mix;
  const untap = leg.tap(({ received, sent }) => writer.write(join(received, sent)));
  const lifetime = scope(leg.signal, (failure) => observed.failure.publish({ layer: "adapters", failure }));
  let stopping: Promise<WavWritten> | undefined;
  const finish = async () => {
    untap();
    const written = await writer.close();
    lifetime.close();
    ended();
    if (!running.failed) onCompleted?.({ ...recording, ...written, endedAtMs: clock.now() });
    return written;
  };
  const stop = () => (stopping ??= finish());
  // The leg's end is the recording's, if nobody stopped it before.
  lifetime.onClose(() => {
    stop().catch((failure: unknown) => observed.failure.publish({ layer: "adapters", failure }));
  });
  return { id: recording.recordingId, stop };
}
