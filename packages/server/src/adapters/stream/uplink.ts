import { FRAME_MS, FRAME_SAMPLES, SAMPLE_RATE_HZ } from "../../audio/index.ts";
import { concatSamples } from "../../base/index.ts";
import { isOpen, type FrameSink } from "./bot-stream-outbox.ts";
import type { Frame } from "./dialect.ts";
import { createLiveResampler } from "./live-resampler.ts";

/** The call's way to the bot: frames of exactly 20 ms, at the stream's rate. */
export interface Uplink {
  /** 8 kHz samples, in portions of any length; they may be a view that is used again. */
  push(samples: Int16Array): void;
  /** While it is paused, what is pushed is not sent and not kept. */
  pause(on: boolean): void;
  /** Sends what was kept, and from now on what comes. */
  attach(sink: FrameSink): void;
  detach(): void;
  /** What came since the last socket was lost: so much is kept, and so much is gone. */
  kept(): { readonly replayedMs: number; readonly missedMs: number };
  readonly sentMs: number;
  readonly unsentMs: number;
}

interface Waiting {
  readonly samples: Int16Array;
  readonly position: number;
}

/** With more than this still unsent the bot does not read as fast as people talk: frames wait here instead. */
const BUFFERED_BYTES = 16_384;
/** And what waits longer than a second is too old to be of use. */
const WAITING_FRAMES = 50;

/** `keepMs`: so much is kept while there is no socket. */
export function createUplink(sampleRateHz: number, keepMs: number, frameOf: (samples: Int16Array, position: number) => Frame): Uplink {
  const resampler = createLiveResampler(SAMPLE_RATE_HZ, sampleRateHz);
  const frameSamples = (sampleRateHz * FRAME_MS) / 1000;
  const waiting: Waiting[] = [];
  let sink: FrameSink | undefined;
  let [position, sent, unsent, missed, paused] = [0, 0, 0, 0, false];

  const send = (samples: Int16Array, at: number) => {
    sink?.send(frameOf(samples, at));
    sent += 1;
  };
  const dropTo = (frames: number) => {
    while (waiting.length > frames) {
      waiting.shift();
      unsent += 1;
      if (!isOpen(sink)) missed += 1;
    }
  };
  const push = inFrames((frame) => {
    const samples = resampler.push(frame);
    const at = position;
    position += frameSamples;
    if (paused) return;
    const takes = isOpen(sink) && sink.bufferedAmount < BUFFERED_BYTES;
    if (takes && waiting.length === 0) return send(samples, at);
    // What waits outlives the portion that was handed over.
    waiting.push({ samples: samples.slice(), position: at });
    while (isOpen(sink) && sink.bufferedAmount < BUFFERED_BYTES) {
      const next = waiting.shift();
      if (next === undefined) return;
      send(next.samples, next.position);
    }
    return dropTo(isOpen(sink) ? WAITING_FRAMES : keepMs / FRAME_MS);
  });
  return {
    push,
    pause(on) {
      paused = on;
    },
    attach(socket) {
      sink = socket;
      // All at once, however much the socket takes: it is bounded, and the bot waits for it.
      for (const { samples, position: at } of waiting.splice(0)) send(samples, at);
      missed = 0;
    },
    detach() {
      sink = undefined;
    },
    kept: () => ({ replayedMs: waiting.length * FRAME_MS, missedMs: missed * FRAME_MS }),
    get sentMs() {
      return sent * FRAME_MS;
    },
    get unsentMs() {
      return (unsent + waiting.length) * FRAME_MS;
    },
  };
}

/** Cuts what comes into frames. A party is heard in frames already, which are passed as they are. */
function inFrames(pass: (frame: Int16Array) => void): (samples: Int16Array) => void {
  let partial: Int16Array = new Int16Array(0);
  return (samples) => {
    if (samples.length === FRAME_SAMPLES && partial.length === 0) return pass(samples);
    const all = partial.length === 0 ? samples : concatSamples([partial, samples]);
    let at = 0;
    for (; at + FRAME_SAMPLES <= all.length; at += FRAME_SAMPLES) pass(all.subarray(at, at + FRAME_SAMPLES));
    partial = all.slice(at);
    return undefined;
  };
}
