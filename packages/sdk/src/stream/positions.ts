import { framing } from "./framing.ts";
import type { SampleRate } from "./source.ts";

/** Frames of 20 ms out of audio whose place in the stream is told with it. */
export interface PositionedFrames {
  push(position: number, pcm: Uint8Array): readonly Int16Array[];
}

const wrap = 2 ** 32;

/** `onGap`: so much is missing between what came and what comes now. */
export function positionedFrames(sampleRate: SampleRate, onGap: (missedMs: number) => void): PositionedFrames {
  const frames = framing(sampleRate);
  let expected: number | undefined;
  return {
    push(position, pcm) {
      // Modulo 2^32; what is more than half of that ahead is behind.
      const ahead = expected === undefined ? 0 : (position - expected + wrap) % wrap;
      if (ahead !== 0) frames.restart();
      if (ahead > 0 && ahead < wrap / 2) onGap((ahead / sampleRate) * 1000);
      expected = (position + (pcm.length >> 1)) % wrap;
      return frames.push(pcm);
    },
  };
}
