import { FRAME_SAMPLES } from "../audio/index.ts";

/** The frame a party said last; whoever is joined with it mixes it into what they send. */
export interface Heard {
  frame: Int16Array;
  /** False: the frame is silence. */
  audible: boolean;
}

/** Frames that may wait: the two threads' turns drift against each other, and messages come in bunches. */
const MAX_FRAMES = 5;

/** What a session on another thread hears, handed over frame by frame. */
export class Relay {
  readonly heard: Heard = { frame: new Int16Array(FRAME_SAMPLES), audible: false };
  readonly #waiting: Int16Array[] = [];

  /** Drops the oldest frame when too many wait. */
  push(frame: Int16Array): void {
    this.#waiting.push(frame);
    if (this.#waiting.length > MAX_FRAMES) this.#waiting.shift();
  }

  /** Moves on to the next frame; to be called once in every turn. */
  advance(): void {
    const frame = this.#waiting.shift();
    this.heard.audible = frame !== undefined;
    if (frame) this.heard.frame.set(frame.subarray(0, FRAME_SAMPLES));
  }
}
