import { FRAME_MS, FRAME_SAMPLES, type AudioSource } from "../audio/index.ts";
import { aborted, scope, type Clock, type Scope } from "../base/index.ts";
import { PlayoutItem, type Feed, type FeedHooks, type FeedOptions, type FeedResult, type PlayResult } from "../media/index.ts";

type Play = (source: AudioSource, signal: AbortSignal) => Promise<PlayResult>;

/**
 * A feed that is played in the time its samples last, by what plays it on a call. There are no turns here: a frame
 * begins as soon as it is whole, and everything is told when its frame is over.
 */
export class SimFeed implements Feed {
  readonly result: Promise<FeedResult>;
  readonly #clock: Clock;
  readonly #hooks: FeedHooks;
  readonly #life: Scope;
  readonly #item: PlayoutItem;
  #ended = false;
  #paused: Scope | undefined;
  /** Ends the wait for samples. */
  #wake: (() => void) | undefined;

  constructor(clock: Clock, { hooks = {}, live }: FeedOptions, play: Play, signal: AbortSignal) {
    this.#clock = clock;
    this.#hooks = hooks;
    this.#life = scope(signal);
    this.#item = new PlayoutItem(0, "stream", { live });
    this.result = this.#run(play);
  }

  push(samples: Int16Array): void {
    if (this.#ended) return;
    this.#item.append(samples.slice(), -Infinity);
    this.#wake?.();
  }

  mark(mark: number): void {
    if (this.#ended) return;
    this.#item.mark(mark);
    this.#tellMarks();
  }

  pause(on: boolean): void {
    this.#item.pause(on);
    if (on) this.#paused ??= scope(this.#life.signal);
    else {
      this.#paused?.close();
      this.#paused = undefined;
    }
    this.#wake?.();
  }

  end(): void {
    this.#ended = true;
    this.#item.end();
    this.#wake?.();
  }

  flush(): void {
    this.#ended = true;
    this.#life.close();
  }

  async #run(play: Play): Promise<FeedResult> {
    const { complete, heardMs } = await play({ kind: "stream", chunks: this.#frames() }, this.#life.signal);
    this.#ended = true;
    this.#life.close();
    const { skippedMs, underrunMs } = this.#item.result(complete);
    return { complete, heardMs, skippedMs, underrunMs };
  }

  async *#frames(): AsyncGenerator<Int16Array> {
    while (await this.#ready()) {
      const missed = this.#item.takeMissed();
      if (missed > 0) this.#hooks.underrun?.(missed);
      const frame = new Int16Array(FRAME_SAMPLES);
      const samples = this.#item.take(frame, 0);
      if (samples > 0) yield frame.subarray(0, samples);
      this.#item.sent();
      this.#tellUsed(false);
      this.#tellMarks();
    }
  }

  /** Waits until a frame is there; false: nothing more comes. */
  async #ready(): Promise<boolean> {
    for (;;) {
      if (this.#life.signal.aborted || this.#item.finished) return false;
      if (this.#paused) await aborted(this.#paused.signal);
      else if (this.#item.isReady(FRAME_SAMPLES, Infinity)) return true;
      else await this.#more();
    }
  }

  /** Until something is pushed or said; the frames that are missing meanwhile are counted. */
  async #more(): Promise<void> {
    const emptyMs = this.#clock.monotonicMs();
    this.#tellUsed(true);
    const woken = scope(this.#life.signal);
    await new Promise<void>((resolve) => {
      this.#wake = () => {
        if (this.#paused || this.#item.isReady(FRAME_SAMPLES, Infinity)) woken.close();
      };
      woken.onClose(resolve);
    });
    this.#wake = undefined;
    if (!this.#item.begun) return;
    for (let atMs = emptyMs; atMs < this.#clock.monotonicMs(); atMs += FRAME_MS) this.#item.miss();
  }

  #tellUsed(dry: boolean): void {
    const used = this.#item.takeUsed(dry);
    if (used > 0) this.#hooks.used?.(used);
  }

  #tellMarks(): void {
    for (let mark = this.#item.takeMark(); mark !== undefined; mark = this.#item.takeMark()) this.#hooks.marked?.(mark);
  }
}
