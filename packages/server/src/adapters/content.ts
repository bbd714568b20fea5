import { open } from "node:fs/promises";
import { abortable } from "../base/index.ts";

/** The bytes of a file, which may still be on their way. */
export interface Content {
  /** Some bytes from a place on; `undefined` at the end. Rejects when the file failed. */
  read(at: number, signal: AbortSignal): Promise<Uint8Array | undefined>;
}

const PIECE_BYTES = 64 << 10;

/** A file on disk. It is opened for each piece: a playback that nobody ends leaves nothing open. */
export const diskContent = (path: string): Content => ({
  async read(at) {
    await using file = await open(path);
    const { bytesRead, buffer } = await file.read(new Uint8Array(PIECE_BYTES), 0, PIECE_BYTES, at);
    return bytesRead === 0 ? undefined : buffer.subarray(0, bytesRead);
  },
});

/** Bytes that are all there. */
export const wholeContent = (bytes: Uint8Array): Content => ({
  read: (at) => Promise.resolve(at >= bytes.length ? undefined : bytes.slice(at, at + PIECE_BYTES)),
});

/** Bytes that come one part after the other. */
export class GrowingContent implements Content {
  readonly #parts: { readonly at: number; readonly bytes: Uint8Array }[] = [];
  #length = 0;
  #end: "open" | "complete" | { readonly failure: unknown } = "open";
  #wake: (() => void)[] = [];

  get length(): number {
    return this.#length;
  }

  push(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.#parts.push({ at: this.#length, bytes });
    this.#length += bytes.length;
    this.#awake();
  }

  complete(): void {
    this.#end = "complete";
    this.#awake();
  }

  fail(failure: unknown): void {
    this.#end = { failure };
    this.#awake();
  }

  async read(at: number, signal: AbortSignal): Promise<Uint8Array | undefined> {
    while (at >= this.#length) {
      if (this.#end === "complete") return undefined;
      if (this.#end !== "open") throw this.#end.failure;
      await abortable(new Promise<void>((resolve) => this.#wake.push(resolve)), signal);
    }
    const part = this.#parts[this.#indexOf(at)];
    // A copy, in a buffer of its own: what the network gives is part of a larger one.
    return part && new Uint8Array(part.bytes.subarray(at - part.at, at - part.at + PIECE_BYTES));
  }

  /** The part that holds a place: by halves, as a long file comes in thousands. */
  #indexOf(at: number): number {
    let [low, high] = [0, this.#parts.length - 1];
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if ((this.#parts[middle]?.at ?? 0) <= at) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  #awake(): void {
    for (const wake of this.#wake.splice(0)) wake();
  }
}
