import { FRAME_MS, SAMPLE_RATE_HZ, type AudioSource } from "../audio/index.ts";
import { abortable, aborted, scope, sleep, type Clock, type Scope } from "../base/index.ts";
import type { PlayResult } from "../media/index.ts";

const SAMPLES_PER_MS = SAMPLE_RATE_HZ / 1000;

/** One playback as the party heard it; times in ms from the start of the clock. */
export interface HeardSpan {
  readonly kind: AudioSource["kind"];
  readonly startMs: number;
  readonly endMs: number;
  readonly heardMs: number;
  readonly complete: boolean;
}

interface Sent {
  readonly fromMs: number;
  toMs: number;
  readonly samples: Int16Array;
}

/** Plays in the time that the samples last, without a network; playbacks queue one behind the other. */
export class SimPlayout {
  readonly heard: HeardSpan[] = [];
  readonly #clock: Clock;
  #last: Promise<unknown> = Promise.resolve();
  #sent: Sent[] = [];
  #hold: Scope | undefined;
  /** What to interrupt when the leg is held. */
  #playing: Scope | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** While held, what is played waits where it is. */
  hold(on: boolean): void {
    if (on) {
      this.#hold ??= scope();
      this.#playing?.close();
    } else {
      this.#hold?.close();
      this.#hold = undefined;
    }
  }

  /** As `Leg.play`; `signal` aborts also when the leg ends. */
  async play(source: AudioSource, signal: AbortSignal): Promise<PlayResult> {
    const before = this.#last;
    using mine = scope();
    this.#last = new Promise<void>((resolve) => mine.onClose(resolve));
    try {
      await abortable(before, signal);
    } catch {
      return { complete: false, heardMs: 0 };
    }
    const startMs = this.#clock.monotonicMs();
    const { complete, sentMs } = await this.#stream(source, signal);
    const endMs = this.#clock.monotonicMs();
    // What was cut off in the middle of a frame did not leave.
    const heardMs = complete ? Math.round(sentMs) : Math.floor(sentMs / FRAME_MS) * FRAME_MS;
    this.heard.push({ kind: source.kind, startMs, endMs, heardMs, complete });
    return { complete, heardMs };
  }

  /** What was played between two times of the clock, silence where nothing was. At most 200 ms back. */
  sent(fromMs: number, toMs: number): Int16Array {
    const span = new Int16Array(Math.round((toMs - fromMs) * SAMPLES_PER_MS));
    for (const { fromMs: at, toMs: until, samples } of this.#sent) {
      const start = Math.max(at, fromMs);
      const end = Math.min(until, toMs);
      if (start >= end) continue;
      const first = Math.round((start - at) * SAMPLES_PER_MS);
      const offset = Math.round((start - fromMs) * SAMPLES_PER_MS);
      const count = Math.min(Math.round((end - start) * SAMPLES_PER_MS), span.length - offset);
      span.set(samples.subarray(first, first + count), offset);
    }
    return span;
  }

  async #stream(source: AudioSource, signal: AbortSignal): Promise<{ readonly complete: boolean; readonly sentMs: number }> {
    let dueMs = this.#clock.monotonicMs();
    let sentMs = 0;
    try {
      for await (const chunk of source.chunks) {
        // A source that makes its samples as it goes may let us wait: what was missed is not made up for.
        dueMs = Math.max(dueMs, this.#clock.monotonicMs());
        for (let rest = chunk; rest.length > 0; ) {
          if (this.#hold) {
            await abortable(aborted(this.#hold.signal), signal);
            dueMs = this.#clock.monotonicMs();
          }
          const sent = { fromMs: dueMs, toMs: dueMs + rest.length / SAMPLES_PER_MS, samples: rest };
          this.#keep(sent);
          try {
            await this.#until(sent.toMs, signal);
          } finally {
            sent.toMs = Math.min(sent.toMs, this.#clock.monotonicMs());
            sentMs += sent.toMs - sent.fromMs;
          }
          dueMs = sent.toMs;
          rest = rest.subarray(Math.round((sent.toMs - sent.fromMs) * SAMPLES_PER_MS));
        }
      }
      return { complete: true, sentMs };
    } catch (failure) {
      if (signal.aborted) return { complete: false, sentMs };
      throw failure;
    }
  }

  /** Waits until `atMs`, or until the leg is held. */
  async #until(atMs: number, signal: AbortSignal): Promise<void> {
    using playing = scope(signal);
    this.#playing = playing;
    await sleep(this.#clock, atMs - this.#clock.monotonicMs(), playing.signal).catch(() => signal.throwIfAborted());
  }

  #keep(sent: Sent): void {
    const oldMs = this.#clock.monotonicMs() - 200;
    this.#sent = this.#sent.filter(({ toMs }) => toMs > oldMs);
    this.#sent.push(sent);
  }
}
