import { SAMPLE_RATE_HZ } from "../../audio/index.ts";
import type { StreamEvent } from "./dialect.ts";
import { msOf, type Utterance } from "./voice-utterance.ts";

export const QUEUE_MS = 60_000;
const QUEUE_SAMPLES = (QUEUE_MS / 1000) * SAMPLE_RATE_HZ;
/** A change of the room that is worth telling. */
const TELL_MS = 1000;

export interface VoiceRoomOptions {
  /** What may wait to be heard, as it began. */
  readonly utterances: Iterable<Utterance>;
  /** What gives way when the queue is full. */
  readonly drops: "oldest" | "newest";
  readonly tell: (event: StreamEvent) => void;
}

/** The bound of what waits to be heard, over all utterances. */
export class VoiceRoom {
  readonly #options: VoiceRoomOptions;
  #full = false;
  #overflown: Utterance | undefined;
  #toldMs = QUEUE_MS;
  #dropped = 0;

  constructor(options: VoiceRoomOptions) {
    this.#options = options;
  }

  /** What there was no room for. */
  get droppedMs(): number {
    return msOf(this.#dropped);
  }

  put(said: Utterance, samples: Int16Array): void {
    if (this.#options.drops === "newest") this.#putIfRoom(said, samples);
    else {
      said.add(samples);
      const excess = this.#queued() - QUEUE_SAMPLES;
      if (excess > 0) this.#dropOldest(said, excess);
    }
    this.told();
  }

  /** How much waits to be heard; as told to a bot that has just come. */
  credit(): StreamEvent {
    const queuedMs = msOf(this.#queued());
    this.#toldMs = QUEUE_MS - queuedMs;
    return { type: "credit", queuedMs, freeMs: this.#toldMs };
  }

  /** Tells the room when it has changed so much, or is the whole again. */
  told(): void {
    const freeMs = QUEUE_MS - msOf(this.#queued());
    const whole = freeMs === QUEUE_MS && this.#toldMs !== QUEUE_MS;
    if (!whole && Math.abs(freeMs - this.#toldMs) < TELL_MS) return;
    if (freeMs >= TELL_MS) this.#full = false;
    this.#options.tell(this.credit());
  }

  #putIfRoom(said: Utterance, samples: Int16Array): void {
    const room = this.#full ? 0 : QUEUE_SAMPLES - this.#queued();
    if (samples.length <= room) return said.add(samples);
    // Told before the first drop, and once until there is room again.
    if (!this.#full) this.#options.tell({ type: "overflow", utterance: said.turn.utterance });
    this.#full = true;
    this.#dropped += samples.length - room;
    said.refuse(samples.length - room);
    return said.add(samples.subarray(0, room));
  }

  #dropOldest(said: Utterance, samples: number): void {
    // Once for each time that something is said in one go.
    if (this.#overflown !== said) this.#options.tell({ type: "overflow", utterance: said.turn.utterance });
    this.#overflown = said;
    let left = samples;
    for (const utterance of this.#options.utterances) left -= utterance.drop(left);
    this.#dropped += samples - left;
  }

  #queued(): number {
    let samples = 0;
    for (const utterance of this.#options.utterances) samples += utterance.queued;
    return samples;
  }
}
