import { join } from "node:path";
import { interleave, mix } from "../audio/index.ts";
import { channels as observed, PiopiyError, scope, type Clock, type Ids } from "../base/index.ts";
import type { Recording, RecordingEnd, RecordingFormat, RecordingPort } from "../interpreter/index.ts";
import { createMp3Encoding, type Mp3Encoding } from "./mp3-encoding.ts";
import { createRecordingFile } from "./recording-file.ts";
import type { RecordingWriter, Written } from "./recording-writer.ts";

/** The leg that is recorded, as the port gets it. */
type RecordedLeg = Parameters<RecordingPort["start"]>[0];
/** Twice a second: each batch costs a message between threads and a write, however short it is. */
const BATCH_MS = 500;

type Channels = Parameters<RecordingPort["start"]>[1]["channels"];

export interface RecordingStarted {
  readonly recordingId: string;
  readonly legId: string;
  /** The file's path. */
  readonly file: string;
  readonly channels: Channels;
  readonly format: RecordingFormat;
  /** Milliseconds since the Unix epoch. */
  readonly startedAtMs: number;
}

export interface RecordingCompleted extends RecordingStarted, Written {
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
 * Records legs into files of 8 kHz, `<folder>/<recording id>.wav` (16 bit) or `.mp3`. `start` never rejects: a disk that fails,
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
  readonly writer: RecordingWriter | undefined;
  /** Why the disk failed, once it has. */
  readonly failure: PiopiyError | undefined;
}

export function createRecordingFiles(options: RecordingFilesOptions): RecordingFiles {
  const running = new Set<Recording>();
  const mp3 = createMp3Encoding();
  return {
    async start(leg, { channels, format = "wav" }) {
      const recordingId = options.ids.uuid();
      const file = recordingFile(options.folder, recordingId, format);
      const recording = { recordingId, legId: leg.id, file, channels, format, startedAtMs: options.clock.now() };
      const started = await begin(recording, mp3, options);
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
      await mp3.close();
    },
  };
}

/** Where the recording with this id lies. */
export const recordingFile = (folder: string, id: string, format: RecordingFormat = "wav"): string => join(folder, `${id}.${format}`);

async function begin(recording: RecordingStarted, mp3: Mp3Encoding, { clock, onFailed }: RecordingFilesOptions): Promise<Running> {
  let failure: PiopiyError | undefined;
  const failed = (cause: unknown) => {
    failure = new PiopiyError("media_failed", `The recording could not be written: ${codeOf(cause)}.`, { cause });
    observed.failure.publish({ layer: "adapters", failure });
    onFailed?.({ ...recording, failure });
  };
  const { file: path, format, channels } = recording;
  const writer = await createRecordingFile({
    path, format, mp3, channels: channels === "stereo" ? 2 : 1, clock, onFailed: failed,
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
  const tap = writer && tapped(leg, ({ received, sent }) => writer.write(combine(received, sent)));
  const lifetime = scope(leg.signal);
  let stopping: Promise<RecordingEnd> | undefined;
  const finish = async () => {
    // What was said last is still on its way from the media thread.
    await tap?.stop();
    const written = await writer?.close();
    lifetime.close();
    ended();
    if (running.failure) throw running.failure;
    if (!written) throw new PiopiyError("media_failed");
    onCompleted?.({ ...recording, ...written, endedAtMs: clock.now() });
    return { durationMs: written.durationMs, bytes: written.bytes, format: recording.format };
  };
  const stop = () => (stopping ??= finish());
  // The leg's end is the recording's, if nobody stopped it before. A disk that failed was told already.
  lifetime.onClose(() => void stop().catch(() => undefined));
  return { id: recording.recordingId, stop };
}

/** Listens to a leg; `stop` resolves when the last batch has been taken. */
function tapped(leg: RecordedLeg, listener: Parameters<RecordedLeg["audio"]["tap"]>[0]): { readonly stop: () => Promise<void> } {
  let untap: () => void = () => undefined;
  const over = new Promise<void>((ended) => {
    untap = leg.audio.tap(listener, { batchMs: BATCH_MS, ended });
  });
  return {
    stop() {
      untap();
      return over;
    },
  };
}
