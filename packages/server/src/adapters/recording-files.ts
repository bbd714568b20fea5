import { join } from "node:path";
import { interleave, mix } from "../audio/index.ts";
import { channels as observed, PiopiyError, scope, type Clock, type Ids } from "../base/index.ts";
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
  /** The disk failed; told once. The call goes on, what was written before stays; `stop` will reject. */
  readonly onFailed?: (recording: RecordingFailed) => void;
}

/**
 * Records legs into WAV files of 8 kHz, 16 bit: `<folder>/<recording id>.wav`. `start` never rejects: a disk that fails,
 * at once or later, ends the recording and not the call, and is told by `onFailed` and by `stop`, which then rejects
 * with `media_failed`.
 */
export interface RecordingFiles extends RecordingPort {
  /** Recordings going on now. */
  readonly open: number;
  /** Completes every recording. */
  close(): Promise<void>;
}

interface Running {
  readonly recording: RecordingStarted;
  /** Absent: the file could not even be created. */
  readonly writer: WavWriter | undefined;
  /** Why the disk failed, once it has. */
  readonly failure: PiopiyError | undefined;
}

export function createRecordingFiles(options: RecordingFilesOptions): RecordingFiles {
  const running = new Set<Recording>();
  return {
    async start(leg, { channels }) {
      const recordingId = options.ids.uuid();
      const file = join(options.folder, `${recordingId}.wav`);
      const recording = { recordingId, legId: leg.id, file, channels, startedAtMs: options.clock.now() };
      const started = await begin(recording, options);
      if (!started.failure) options.onStarted?.(recording);
      const handle = record(leg, started, options, () => running.delete(handle));
      running.add(handle);
      if (leg.signal.aborted) await Promise.allSettled([handle.stop()]);
      return handle;
    },
    get open() {
      return running.size;
    },
    async close() {
      await Promise.allSettled(Array.from(running, (recording) => recording.stop()));
    },
  };
}

async function begin(recording: RecordingStarted, { clock, onFailed }: RecordingFilesOptions): Promise<Running> {
  let failure: PiopiyError | undefined;
  const failed = (cause: unknown) => {
    failure = new PiopiyError("media_failed", `The recording could not be written: ${codeOf(cause)}.`, { cause });
    observed.failure.publish({ layer: "adapters", failure });
    onFailed?.({ ...recording, failure });
  };
  const writer = await createWavWriter({
    path: recording.file, channels: recording.channels === "stereo" ? 2 : 1, clock, onFailed: failed,
  }).catch(failed);
  return {
    recording,
    writer: writer ?? undefined,
    get failure() {
      return failure;
    },
  };
}

/** "ENOSPC" and the like; the message would name the path. */
const codeOf = (cause: unknown) => (cause instanceof Error && "code" in cause ? String(cause.code) : "the disk failed");

function record(leg: RecordedLeg, running: Running, { clock, onCompleted }: RecordingFilesOptions, ended: () => void): Recording {
  const { recording, writer } = running;
  const combine = recording.channels === "stereo" ? interleave : mix;
  const untap = writer && leg.tap(({ received, sent }) => writer.write(combine(received, sent)));
  const lifetime = scope(leg.signal);
  let stopping: Promise<WavWritten> | undefined;
  const finish = async () => {
    untap?.();
    const written = await writer?.close();
    lifetime.close();
    ended();
    if (running.failure) throw running.failure;
    if (!written) throw new PiopiyError("media_failed");
    onCompleted?.({ ...recording, ...written, endedAtMs: clock.now() });
    return written;
  };
  const stop = () => (stopping ??= finish());
  // The leg's end is the recording's, if nobody stopped it before. A disk that failed was told already.
  lifetime.onClose(() => void stop().catch(() => undefined));
  return { id: recording.recordingId, stop };
}
