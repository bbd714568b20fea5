import type { Action } from "@piopiy/pcmo";
import { FRAME_SAMPLES } from "../../audio/index.ts";
import { concatSamples } from "../../base/index.ts";
import type { StreamLine, StreamWarning } from "../../interpreter/index.ts";

// A call of these tests. What is fed is heard at once, or frame by frame as the test lets time pass.

type Feed = ReturnType<StreamLine["feed"]>;
type FeedOptions = NonNullable<Parameters<StreamLine["feed"]>[0]>;

const TELL_SAMPLES = 1600;

/** A feed as the media plane plays it, in a queue of several. */
class FakeFeed implements Feed {
  readonly result: Feed["result"];
  readonly live: boolean;
  readonly #hooks: NonNullable<FeedOptions["hooks"]>;
  #resolve: (result: Awaited<Feed["result"]>) => void = () => undefined;
  #queue: Int16Array[] = [];
  #come = 0;
  #untold = 0;
  #missed = 0;
  #missedInAll = 0;
  #marks: { readonly at: number; readonly mark: number }[] = [];
  left = 0;
  ended = false;
  over = false;
  paused = false;
  readonly #changed: () => void;

  constructor({ hooks = {}, live }: FeedOptions, changed: () => void) {
    this.result = new Promise((resolve) => (this.#resolve = resolve));
    this.live = live !== undefined;
    this.#hooks = hooks;
    this.#changed = changed;
  }

  get buffered(): number {
    return this.#come - this.left;
  }

  push(samples: Int16Array): void {
    if (this.ended) return;
    this.#queue.push(samples.slice());
    this.#come += samples.length;
    this.#changed();
  }

  mark(mark: number): void {
    if (!this.ended) this.#marks.push({ at: this.#come, mark });
    this.tell();
  }

  pause(on: boolean): void {
    this.paused = on;
    this.#changed();
  }

  end(): void {
    this.ended = true;
    this.#changed();
  }

  flush(): void {
    this.ended = true;
    this.finish(false);
    this.#changed();
  }

  miss(): void {
    this.#missed += 1;
    this.#missedInAll += 1;
  }

  take(count: number): Int16Array {
    if (this.#missed > 0) this.#hooks.underrun?.(this.#missed);
    this.#missed = 0;
    const parts: Int16Array[] = [];
    for (let room = count; room > 0; ) {
      const first = this.#queue[0];
      if (!first) break;
      parts.push(first.subarray(0, room));
      room -= parts.at(-1)?.length ?? 0;
      if (parts.at(-1)?.length === first.length) this.#queue.shift();
      else this.#queue[0] = first.subarray(parts.at(-1)?.length);
    }
    const taken = concatSamples(parts);
    this.left += taken.length;
    this.#untold += taken.length;
    return taken;
  }

  /** What has left is told. */
  tell(): void {
    if (this.over) return;
    for (let first = this.#marks[0]; first && first.at <= this.left; first = this.#marks[0]) {
      this.#marks.shift();
      this.#hooks.marked?.(first.mark);
    }
    if (this.#untold > 0 && (this.#untold >= TELL_SAMPLES || this.buffered === 0)) {
      const used = this.#untold;
      this.#untold = 0;
      this.#hooks.used?.(used);
    }
  }

  finish(complete: boolean): void {
    if (this.over) return;
    this.over = true;
    this.#resolve({ complete, heardMs: Math.round(this.left / 8), skippedMs: 0, underrunMs: this.#missedInAll * 20 });
  }
}

/** The queue of the media plane. `timed`: what is missing in its time is counted. */
function fakePlayout(timed: boolean) {
  const heard: Int16Array[] = [];
  const feeds: FakeFeed[] = [];
  /** As the media plane fills a frame: of one feed after the other, and of a part of a frame only what ends. */
  const frame = (): Int16Array => {
    const parts: Int16Array[] = [];
    let at = 0;
    for (const feed of feeds) {
      if (feed.over) continue;
      if (feed.paused) break;
      if (feed.ended || feed.buffered >= FRAME_SAMPLES - at) {
        parts.push(feed.take(FRAME_SAMPLES - at));
        at += parts.at(-1)?.length ?? 0;
      } else if (feed.left > 0 && timed) feed.miss();
      if (!(feed.ended && feed.buffered === 0) || at === FRAME_SAMPLES) break;
    }
    const samples = concatSamples(parts);
    heard.push(samples);
    for (const feed of feeds) {
      feed.tell();
      if (!feed.over && !(feed.ended && feed.buffered === 0)) break;
      feed.finish(true);
    }
    return samples;
  };
  return { feeds, heard, frame };
}

export interface FakeCall {
  readonly line: StreamLine;
  readonly flows: (readonly Action[])[];
  readonly warnings: StreamWarning[];
  /** Keys that were pressed towards the party. */
  readonly pressed: string[];
  /** What the party heard. */
  heard(): Int16Array;
  /** The party says something. */
  say(samples: Int16Array): void;
  press(digit: string): void;
  readonly listeners: number;
  /** Feeds that are not over. */
  readonly playing: number;
  readonly feeds: readonly { readonly live: boolean; readonly left: number }[];
  /** Nothing is heard until it is let go. */
  hold(on: boolean): void;
  /** Lets a frame be heard, where the test keeps the time. Returns it; less than a frame, when there is no more. */
  frame(): Int16Array;
}

/** `timed`: nothing is heard but by `frame`. */
export function fakeCall({ timed = false }: { readonly timed?: boolean } = {}): FakeCall {
  const flows: (readonly Action[])[] = [];
  const warnings: StreamWarning[] = [];
  const pressed: string[] = [];
  const listeners = new Set<(samples: Int16Array) => void>();
  const keys = new Set<(digit: string) => void>();
  const { feeds, heard, frame } = fakePlayout(timed);
  let held = timed;
  let running = false;

  const run = () => {
    if (held || running) return;
    running = true;
    while (frame().length > 0);
    running = false;
  };
  const line: StreamLine = {
    listen(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    play: () => Promise.reject(new Error("a stream feeds")),
    feed(options = {}) {
      const feed = new FakeFeed(options, run);
      feeds.push(feed);
      return feed;
    },
    digits(listener) {
      keys.add(listener);
      return () => void keys.delete(listener);
    },
    sendDigits: (digits) => Promise.resolve(void pressed.push(digits)),
    perform: (flow) => void flows.push(flow),
    warn: (warning) => void warnings.push(warning),
    connection: () => undefined,
  };
  return {
    line, flows, warnings, pressed, feeds, frame,
    heard: () => concatSamples(heard),
    say: (samples) => listeners.forEach((listener) => listener(samples)),
    press: (digit) => keys.forEach((listener) => listener(digit)),
    hold(on) {
      held = on;
      run();
    },
    get listeners() {
      return listeners.size;
    },
    get playing() {
      return feeds.filter(({ over }) => !over).length;
    },
  };
}
