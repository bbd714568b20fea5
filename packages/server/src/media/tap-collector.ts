import { FRAME_SAMPLES } from "../audio/index.ts";

/** Collects what is received and sent, frame by frame, into batches. */
export interface TapCollector {
  /** One frame of each; undefined is silence. */
  push(received: Int16Array | undefined, sent: Int16Array | undefined): void;
  /** Hands over what is there of the next batch. */
  flush(): void;
}

/** Batches of `frames`: 1 is told as soon as it is there. What is handed over is valid until `hand` returns. */
export function createTapCollector(frames: number, hand: (received: Int16Array, sent: Int16Array) => void): TapCollector {
  const received = new Int16Array(frames * FRAME_SAMPLES);
  const sent = new Int16Array(frames * FRAME_SAMPLES);
  let at = 0;
  const flush = () => {
    if (at === 0) return;
    const end = at;
    at = 0;
    hand(received.subarray(0, end), sent.subarray(0, end));
  };
  return {
    push(receivedFrame, sentFrame) {
      if (receivedFrame) received.set(receivedFrame, at);
      else received.fill(0, at, at + FRAME_SAMPLES);
      if (sentFrame) sent.set(sentFrame, at);
      else sent.fill(0, at, at + FRAME_SAMPLES);
      at += FRAME_SAMPLES;
      if (at === received.length) flush();
    },
    flush,
  };
}
