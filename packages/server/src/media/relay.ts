import { FRAME_SAMPLES } from "../audio/index.ts";
import type { Heard } from "./core-session.ts";

/** Frames that may wait: the two threads' turns drift against each other, and messages come in bunches. */
const MAX_FRAMES = 5;

/** What a session on another thread hears, handed over frame by frame. */
export interface Relay {
  readonly heard: Heard;
  push(frame: Int16Array): void;
  /** Moves on to the next frame; to be called once in every turn. */
  advance(): void;
}

export function createRelay(): Relay {
  const waiting: Int16Array[] = [];
  const heard: Heard = { frame: new Int16Array(FRAME_SAMPLES), audible: false };
  return {
    heard,
    push(frame) {
      waiting.push(frame);
      if (waiting.length > MAX_FRAMES) waiting.shift();
    },
    advance() {
      const frame = waiting.shift();
      heard.audible = frame !== undefined;
      if (frame) heard.frame.set(frame.subarray(0, FRAME_SAMPLES));
    },
  };
}
