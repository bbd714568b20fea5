import { FRAME_MS, FRAME_SAMPLES, type AudioSource } from "../audio/index.ts";
import { aborted, concatSamples, scope, type Clock, type Scope } from "../base/index.ts";
import type { Feed, FeedHooks, FeedOptions, FeedResult, PlayResult } from "../media/index.ts";

type Play = (source: AudioSource, signal: AbortSignal) => Promise<PlayResult>;

interface Mark {
  readonly at: number;
  readonly mark: number;
}

/** A feed that is played in the time its samples last. Everything is told when its frame is over. */
export class SimFeed implements Feed {
  readonly result: Promise<FeedResult>;
  readonly #clock: Clock;
  readonly #hooks: FeedHooks;
  readonly #life: Scope;
  readonly #marks: Mark[] = [];
  #queue: Int16Array[] = [];
  #queued = 0;
  #come = 0;
  #left = 0;
  #ended = false;
  #missed = 0;
  #paused: Scope | undefined;
  #wake: (() => void) | undefined;

  constructor(clock: Clock, { hooks = {} }: FeedOptions, play: Play, signal: AbortSignal) {
    this.#clock = clock;
    this.#hooks = hooks;
    this.#life = scope(signal);
    this.result = this.#run(play);
  }

  push(samples: Int16Array): void {
    if (this.#ended || samples.length === 0) return;
    this.#queue.push(samples.slice());
    this.#queued += samples.length;
    this.#come += samples.length;
    if (this.#queued >= FRAME_SAMPLES) this.#wake?.();
  }

  mark(mark: number): void {
    if (this.#ended) return;
    this.#marks.push({ at: this.#come, mark });
    this.#reach();
  }

  pause(on: boolean): void {
    if (on) this.#paused ??= scope(this.#life.signal);
    else {
      this.#paused?.close();
      this.#paused = undefined;
    }
  }

  end(): void {
    this.#ended = true;
    this.#wake?.();
  }

  flush(): void {
    this.#ended = true;
    this.#life.close();
  }

  async #run(play: Play): Promise<FeedResult> {
    const { complete, heardMs } = await play({ kind: "stream", chunks: this.#frames() }, this.#life.signal);
    this.#life.close();
    return { complete, heardMs, skippedMs: 0, underrunMs: this.#missed * FRAME_MS };
  }

  async *#frames(): AsyncGenerator<Int16Array> {
    const all = () => (this.#queue = [concatSamples(this.#queue)])[0] ?? new Int16Array(0);
    for (;;) {
      await this.#ready();
      const samples = all().subarray(0, FRAME_SAMPLES);
      if (samples.length === 0) return;
      this.#queue = [all().subarray(samples.length)];
      this.#queued -= samples.length;
      yield samples;
      this.#left += samples.length;
      this.#hooks.used?.(samples.length);
      this.#reach();
    }
  }

  /** Until a frame is there, the feed has ended, or it is flushed. */
  async #ready(): Promise<void> {
    if (this.#paused) await aborted(this.#paused.signal);
    if (this.#ended || this.#queued >= FRAME_SAMPLES) return;
    const emptyMs = this.#clock.monotonicMs();
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
      this.#life.onClose(resolve);
    });
    const missed = this.#left === 0 || this.#ended ? 0 : Math.ceil((this.#clock.monotonicMs() - emptyMs) / FRAME_MS);
    this.#missed += missed;
    if (missed > 0) this.#hooks.underrun?.(missed);
  }

  #reach(): void {
    for (let first = this.#marks[0]; first && first.at <= this.#left; first = this.#marks[0]) {
      this.#marks.shift();
      this.#hooks.marked?.(first.mark);
    }
  }
}
