import { mkdir, open } from "node:fs/promises";
import { dirname } from "node:path";
import { pcmBytes, SAMPLE_RATE_HZ, WAV_HEADER_BYTES, wavHeader, type WavFormat } from "../audio/index.ts";
import { concatBytes, type Clock } from "../base/index.ts";

/** A WAV file that grows: samples are taken at once and written behind, in order. */
export interface WavWriter {
  /** Takes samples (two channels: interleaved). What comes after a failure, or too fast for the disk, is counted as dropped. */
  write(samples: Int16Array): void;
  /** Writes what is left and closes the file. Never rejects: a failure was told by `onFailed`. Idempotent. */
  close(): Promise<WavWritten>;
}

export interface WavWritten {
  /** What is in the file. */
  readonly durationMs: number;
  readonly bytes: number;
  /** Audio that was lost because the disk failed or lagged behind. */
  readonly droppedMs: number;
}

export interface WavWriterOptions {
  readonly path: string;
  readonly channels: WavFormat["channels"];
  readonly clock: Clock;
  /** The disk failed; told once. From then on nothing is written any more. */
  readonly onFailed: (failure: unknown) => void;
}

/** What is used of an open file. */
export interface OpenFile {
  write(bytes: Uint8Array, offset: number, length: number, position: number): Promise<{ readonly bytesWritten: number }>;
  datasync(): Promise<void>;
  close(): Promise<void>;
}

/** How often the sizes in the header are brought up to date. */
const HEADER_EVERY_MS = 1000;
/** Four minutes of two channels: a disk that lags further behind will not catch up. */
const MAXIMUM_WAITING_BYTES = 8 << 20;

/** Creates the file (its folder too), with a header that lets it be played even while it is written. */
export async function createWavWriter(options: WavWriterOptions): Promise<WavWriter> {
  await mkdir(dirname(options.path), { recursive: true });
  // "x": a recording never replaces another one.
  const file = await open(options.path, "wx");
  try {
    await writeAll(file, wavHeader({ sampleRateHz: SAMPLE_RATE_HZ, channels: options.channels }), 0);
  } catch (failure) {
    await file.close();
    throw failure;
  }
  return writeBehind(file, options);
}

/** Writes behind into a file that holds a header already. */
export const writeBehind = (file: OpenFile, options: Omit<WavWriterOptions, "path">): WavWriter => new WriteBehind(file, options);

class WriteBehind implements WavWriter {
  readonly #file: OpenFile;
  readonly #options: Omit<WavWriterOptions, "path">;
  #waiting: Uint8Array[] = [];
  #waitingBytes = 0;
  #writtenBytes = 0;
  #givenBytes = 0;
  #headerMs: number;
  #broken = false;
  #draining: Promise<void> | undefined;
  #closing: Promise<WavWritten> | undefined;

  constructor(file: OpenFile, options: Omit<WavWriterOptions, "path">) {
    this.#file = file;
    this.#options = options;
    this.#headerMs = options.clock.monotonicMs();
  }

  write(samples: Int16Array): void {
    const bytes = pcmBytes(samples);
    this.#givenBytes += bytes.length;
    if (this.#closing || this.#broken || this.#waitingBytes + bytes.length > MAXIMUM_WAITING_BYTES) return;
    this.#waiting.push(bytes);
    this.#waitingBytes += bytes.length;
    this.#draining ??= this.#drain();
  }

  close(): Promise<WavWritten> {
    return (this.#closing ??= this.#finish());
  }

  async #drain(): Promise<void> {
    await this.#guarded(async () => {
      while (this.#waiting.length > 0) {
        const bytes = concatBytes(this.#waiting);
        this.#waiting = [];
        this.#waitingBytes = 0;
        await writeAll(this.#file, bytes, WAV_HEADER_BYTES + this.#writtenBytes);
        this.#writtenBytes += bytes.length;
        if (this.#options.clock.monotonicMs() - this.#headerMs >= HEADER_EVERY_MS) await this.#header();
      }
      // Within the same turn as the look at what is waiting: nothing can come in between and be left behind.
      this.#draining = undefined;
    });
  }

  async #finish(): Promise<WavWritten> {
    await this.#draining;
    await this.#guarded(async () => {
      await this.#header();
      await this.#file.datasync();
    });
    await this.#guarded(() => this.#file.close());
    return {
      durationMs: this.#durationOf(this.#writtenBytes),
      bytes: WAV_HEADER_BYTES + this.#writtenBytes,
      droppedMs: this.#durationOf(this.#givenBytes - this.#writtenBytes),
    };
  }

  async #header(): Promise<void> {
    this.#headerMs = this.#options.clock.monotonicMs();
    await writeAll(this.#file, wavHeader({ sampleRateHz: SAMPLE_RATE_HZ, channels: this.#options.channels }, this.#writtenBytes), 0);
  }

  async #guarded(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (failure) {
      if (this.#broken) return;
      this.#broken = true;
      this.#waiting = [];
      this.#options.onFailed(failure);
    }
  }

  #durationOf(bytes: number): number {
    return (bytes * 1000) / (2 * this.#options.channels * SAMPLE_RATE_HZ);
  }
}

async function writeAll(file: OpenFile, bytes: Uint8Array, position: number): Promise<void> {
  for (let at = 0; at < bytes.length; ) {
    const { bytesWritten } = await file.write(bytes, at, bytes.length - at, position + at);
    at += bytesWritten;
  }
}
