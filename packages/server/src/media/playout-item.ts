import { SAMPLE_RATE_HZ, type AudioSource } from "../audio/index.ts";

/** Used samples are told in portions of a second, half of what may be read ahead. */
const TELL_USED_SAMPLES = SAMPLE_RATE_HZ;

/** One playback in the queue: its samples as far as they have come, and how far it has got. */
export class PlayoutItem {
  readonly id: number;
  readonly kind: AudioSource["kind"];
  readonly #chunks: Int16Array[] = [];
  /** Where reading has got to in the first chunk. */
  #offset = 0;
  #buffered = 0;
  #untold = 0;
  /** In the frame that was read and has not left yet. */
  #leaving = 0;
  #heard = 0;
  #ended = false;

  constructor(id: number, kind: AudioSource["kind"]) {
    this.id = id;
    this.kind = kind;
  }

  /** Samples that can be read. */
  get buffered(): number {
    return this.#buffered;
  }

  /** All samples have come. */
  get ended(): boolean {
    return this.#ended;
  }

  /** All samples have come and were read. */
  get finished(): boolean {
    return this.#ended && this.#buffered === 0;
  }

  /** Something of it was read. */
  get begun(): boolean {
    return this.#heard + this.#leaving > 0;
  }

  get heardMs(): number {
    return Math.round((this.#heard * 1000) / SAMPLE_RATE_HZ);
  }

  append(samples: Int16Array): void {
    if (samples.length === 0 || this.#ended) return;
    this.#chunks.push(samples);
    this.#buffered += samples.length;
  }

  end(): void {
    this.#ended = true;
  }

  /** Reads into `into` from `from` on; returns where it is filled to. */
  take(into: Int16Array, from: number): number {
    let at = from;
    for (let chunk = this.#chunks[0]; chunk && at < into.length; chunk = this.#chunks[0]) {
      const end = Math.min(chunk.length, this.#offset + into.length - at);
      for (let index = this.#offset; index < end; index++) into[at++] = chunk[index] ?? 0;
      this.#offset = end;
      if (end < chunk.length) continue;
      this.#chunks.shift();
      this.#offset = 0;
    }
    this.#leaving += at - from;
    this.#buffered -= at - from;
    this.#untold += at - from;
    return at;
  }

  /** How many used samples are to be told now; 0: not yet. */
  takeUsed(): number {
    if (this.#ended || (this.#untold < TELL_USED_SAMPLES && this.#buffered > 0)) return 0;
    const used = this.#untold;
    this.#untold = 0;
    return used;
  }

  /** What was read has left as RTP. True: it was the first of this playback. */
  sent(): boolean {
    const first = this.#heard === 0 && this.#leaving > 0;
    this.#heard += this.#leaving;
    this.#leaving = 0;
    return first;
  }
}
