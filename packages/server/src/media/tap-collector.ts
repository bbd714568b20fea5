import { FRAME_SAMPLES } from "../audio/index.ts";
import type { Samples } from "./protocol.ts";

/** Collects what is received and sent, frame by frame, into batches. */
export interface TapCollector {
  /** One frame of each; undefined is silence. */
  push(received: Int16Array | undefined, sent: Int16Array | undefined): void;
  /** Hands over what is there of the next batch. */
  flush(): void;
}

/** Batches of `frames`: 1 is told as soon as it is there. */
export function createTapCollector(frames: number, hand: (received: Samples, sent: Samples) => void): TapCollector {
  const received = new Int16Array(frames * FRAME_SAMPLES);
  const sent = new Int16Array(frames * FRAME_SAMPLES);
  let at = 0;
  const flush = () => {
    if (at === 0) return;
    // Copies: a batch goes away with its buffers, perhaps to another thread.
    const batch = [received.slice(0, at), sent.slice(0, at)] as const;
    received.fill(0);
    sent.fill(0);
    at = 0;
    hand(...batch);
  };
  return {
    push(receivedFrame, sentFrame) {
      if (receivedFrame) received.set(receivedFrame, at);
      if (sentFrame) sent.set(sentFrame, at);
      at += FRAME_SAMPLES;
      if (at === received.length) flush();
    },
    flush,
  };
}
