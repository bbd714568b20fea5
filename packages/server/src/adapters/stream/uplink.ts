import { FRAME_MS, SAMPLE_RATE_HZ } from "../../audio/index.ts";
import { concatSamples } from "../../base/index.ts";
import type { Frame } from "./dialect.ts";
import { createLiveResampler } from "./live-resampler.ts";

/** The part of a socket that audio is sent over. */
export interface FrameSink {
  send(frame: Frame): void;
  /** Bytes that were given to `send` and have not left. */
  readonly bufferedAmount: number;
}

/** The call's way to the bot: frames of exactly 20 ms, at the stream's rate. */
export interface Uplink {
  /** 8 kHz samples, in portions of any length. */
  push(samples: Int16Array): void;
  /** While it is paused, what is pushed is not sent and not kept. */
  pause(on: boolean): void;
  readonly sentMs: number;
  readonly unsentMs: number;
}

/** With more than this still unsent the bot does not read as fast as people talk: frames wait here instead. */
const BUFFERED_BYTES = 16_384;
/** And what waits longer than a second is too old to be of use. */
const WAITING_FRAMES = 50;

export function createUplink(sink: FrameSink, sampleRateHz: number, frameOf: (samples: Int16Array) => Frame): Uplink {
  const frameSamples = (sampleRateHz * FRAME_MS) / 1000;
  const resampler = createLiveResampler(SAMPLE_RATE_HZ, sampleRateHz);
  const waiting: Frame[] = [];
  let partial: Int16Array = new Int16Array(0);
  let [sent, unsent, paused] = [0, 0, false];

  const flush = () => {
    while (sink.bufferedAmount < BUFFERED_BYTES) {
      const frame = waiting.shift();
      if (frame === undefined) return;
      sink.send(frame);
      sent += 1;
    }
  };
  return {
    push(samples) {
      if (paused) return;
      const converted = resampler.push(samples);
      const all = partial.length === 0 ? converted : concatSamples([partial, converted]);
      let at = 0;
      for (; at + frameSamples <= all.length; at += frameSamples) waiting.push(frameOf(all.subarray(at, at + frameSamples)));
      partial = all.subarray(at);
      flush();
      while (waiting.length > WAITING_FRAMES) {
        waiting.shift();
        unsent += 1;
      }
    },
    pause(on) {
      paused = on;
    },
    get sentMs() {
      return sent * FRAME_MS;
    },
    get unsentMs() {
      return (unsent + waiting.length) * FRAME_MS;
    },
  };
}
