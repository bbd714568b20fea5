import type { Live } from "../audio/index.ts";
import { deferred } from "./deferred.ts";

/** A playback whose samples are handed over while they come: what a bot says. */
export interface Feed {
  /** 8 kHz samples, as many as there are. They are copied: what is given may be a view, and be used again. */
  push(samples: Int16Array): void;
  /** `marked` is told under this number once everything that was pushed before has left; what is flushed never is. */
  mark(mark: number): void;
  /** Playing stops where it is until `pause(false)`; what is queued behind waits, too. */
  pause(on: boolean): void;
  /** Nothing more comes. */
  end(): void;
  /** Throws away what has not left yet, and ends. */
  flush(): void;
  /** Resolves when it is over: played to its end, or flushed, or the session is closed. Rejects when its thread has died. */
  readonly result: Promise<FeedResult>;
}

export interface FeedOptions {
  readonly hooks?: FeedHooks;
  /** Unless given, every sample is played. */
  readonly live?: Live;
}

/** What is told of a feed while it is played, in the order in which it happens, and before its result. */
export interface FeedHooks {
  readonly marked?: (mark: number) => void;
  /** So many more samples were used up: five times a second, and when there are none left. */
  readonly used?: (samples: number) => void;
  /** Something came again after so many frames without anything to play. */
  readonly underrun?: (frames: number) => void;
}

export interface FeedResult {
  readonly complete: boolean;
  /** What left as RTP, to the frame. */
  readonly heardMs: number;
  /** Left out of a live feed to make up for a delay. */
  readonly skippedMs: number;
  /** Frames that were due and not there before something came again, in all. */
  readonly underrunMs: number;
}

/** A feed's way to the thread that plays it. */
export interface FeedPort {
  /** Copied. */
  samples(portion: Int16Array): void;
  mark(mark: number): void;
  pause(on: boolean): void;
  ended(): void;
  flush(): void;
}

/** The side that the thread's reports are handed to. */
export interface FeedReports {
  used(samples: number): void;
  marked(mark: number): void;
  underrun(frames: number): void;
  played(result: FeedResult): void;
  lost(failure: Error): void;
}

export function createFeed({ hooks = {} }: FeedOptions, port: FeedPort): { readonly feed: Feed; readonly reports: FeedReports } {
  const { promise, resolve, reject } = deferred<FeedResult>();
  let over = false;
  return {
    feed: {
      push(samples) {
        if (!over && samples.length > 0) port.samples(samples);
      },
      mark(mark) {
        if (!over) port.mark(mark);
      },
      pause: (on) => port.pause(on),
      end() {
        if (!over) port.ended();
        over = true;
      },
      flush() {
        over = true;
        port.flush();
      },
      result: promise,
    },
    reports: {
      used: (samples) => hooks.used?.(samples),
      marked: (mark) => hooks.marked?.(mark),
      underrun: (frames) => hooks.underrun?.(frames),
      played(result) {
        over = true;
        resolve(result);
      },
      lost(failure) {
        over = true;
        reject(failure);
      },
    },
  };
}

/** Of a session that plays nothing any more. */
export const silentFeed: Feed = {
  push: () => undefined,
  mark: () => undefined,
  pause: () => undefined,
  end: () => undefined,
  flush: () => undefined,
  result: Promise.resolve({ complete: false, heardMs: 0, skippedMs: 0, underrunMs: 0 }),
};
