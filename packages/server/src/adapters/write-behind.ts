import { concatBytes, type Clock } from "../base/index.ts";

/** What is used of an open file. */
export interface OpenFile {
  write(bytes: Uint8Array, offset: number, length: number, position: number): Promise<{ readonly bytesWritten: number }>;
  datasync(): Promise<void>;
  close(): Promise<void>;
}

export interface WriteBehindOptions {
  readonly clock: Clock;
  /** Where in the file the first byte goes. */
  readonly from: number;
  /** What stands before that, by how many bytes have been written; brought up to date every second, and at the end. */
  readonly header?: (writtenBytes: number) => Uint8Array;
  /** The disk failed; told once. From then on nothing is written any more. */
  readonly onFailed: (failure: unknown) => void;
}

/** How often the header is brought up to date. */
const HEADER_EVERY_MS = 1000;
/** Four minutes of two channels: a disk that lags further behind will not catch up. */
const MAXIMUM_WAITING_BYTES = 8 << 20;

/** A file that grows: bytes are taken at once and written behind, in order. */
export class WriteBehind {
  readonly #file: OpenFile;
  readonly #options: WriteBehindOptions;
  #waiting: Uint8Array[] = [];
  #waitingBytes = 0;
  #writtenBytes = 0;
  #headerMs: number;
  #broken = false;
  #draining: Promise<void> | undefined;
  #closing: Promise<number> | undefined;

  constructor(file: OpenFile, options: WriteBehindOptions) {
    this.#file = file;
    this.#options = options;
    this.#headerMs = options.clock.monotonicMs();
  }

  /** Takes bytes, which are its own from now on. What comes after a failure, or too fast for the disk, is dropped. */
  push(bytes: Uint8Array): void {
    if (this.#closing || this.#broken || this.#waitingBytes + bytes.length > MAXIMUM_WAITING_BYTES) return;
    this.#waiting.push(bytes);
    this.#waitingBytes += bytes.length;
    this.#draining ??= this.#drain();
  }

  /** Writes what is left and closes the file; how much was written in all. Never rejects. Idempotent. */
  close(): Promise<number> {
    return (this.#closing ??= this.#finish());
  }

  async #drain(): Promise<void> {
    await this.#guarded(async () => {
      while (this.#waiting.length > 0) {
        const bytes = concatBytes(this.#waiting);
        this.#waiting = [];
        this.#waitingBytes = 0;
        await writeAll(this.#file, bytes, this.#options.from + this.#writtenBytes);
        this.#writtenBytes += bytes.length;
        if (this.#options.clock.monotonicMs() - this.#headerMs >= HEADER_EVERY_MS) await this.#header();
      }
      // Within the same turn as the look at what is waiting: nothing can come in between and be left behind.
      this.#draining = undefined;
    });
  }

  async #finish(): Promise<number> {
    await this.#draining;
    await this.#guarded(async () => {
      await this.#header();
      await this.#file.datasync();
    });
    await this.#guarded(() => this.#file.close());
    return this.#writtenBytes;
  }

  async #header(): Promise<void> {
    this.#headerMs = this.#options.clock.monotonicMs();
    const header = this.#options.header?.(this.#writtenBytes);
    if (header) await writeAll(this.#file, header, 0);
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
}

export async function writeAll(file: OpenFile, bytes: Uint8Array, position: number): Promise<void> {
  for (let at = 0; at < bytes.length; ) {
    const { bytesWritten } = await file.write(bytes, at, bytes.length - at, position + at);
    at += bytesWritten;
  }
}
