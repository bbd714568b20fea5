import { FRAME_MS, toneSamples, type AudioSource } from "../audio/index.ts";
import { Emitter, scope, setRepeating, type Clock } from "../base/index.ts";
import type { Cause, Leg, LegAudio, LegInfo } from "../call/index.ts";
import type { PlayResult, TapBatch, TapOptions } from "../media/index.ts";
import { SimControl } from "./sim-control.ts";
import { SimFeed } from "./sim-feed.ts";
import { SimPlayout, type HeardSpan } from "./sim-playout.ts";

const TAP_MS = 100;
const VOICE_HZ = 200;

/** With whom a leg was joined, and when. */
export interface JoinSpan {
  readonly other: string;
  readonly startMs: number;
  endMs?: number;
}

/** A leg without a network: everything takes the time on the clock that it would take on a call. */
export class SimLeg implements Leg {
  readonly id: string;
  readonly info: LegInfo;
  readonly digits = new Emitter<{ digit: string }>();
  /** `n` prompts (speech or files, whether heard to the end or not) have been played. */
  readonly prompts = new Emitter<{ played: number }>();
  readonly joins: JoinSpan[] = [];
  /** Whom it heard before they answered, and when. */
  readonly early: JoinSpan[] = [];
  readonly control: SimControl;
  readonly audio: LegAudio;
  /** When the leg came up, in ms of the clock; absent while it rings. */
  answeredMs: number | undefined;
  /** When it ended. */
  endedMs: number | undefined;
  readonly #clock: Clock;
  readonly #life = scope();
  readonly #playout: SimPlayout;
  #played = 0;
  /** Until when the party speaks. */
  #talkingMs = 0;

  constructor(clock: Clock, id: string, info: LegInfo) {
    this.id = id;
    this.info = info;
    this.#clock = clock;
    this.#playout = new SimPlayout(clock);
    this.control = new SimControl(clock, this.#life.signal, (on) => this.#playout.hold(on));
    this.audio = {
      tap: (listener, options) => this.#tap(listener, options),
      listen: (listener) => this.#tap(({ received }) => listener(received), { batchMs: FRAME_MS }),
      feed: (options = {}) => new SimFeed(clock, options, (source, signal) => this.play(source, signal), this.signal),
    };
    if (info.direction === "outbound") this.answeredMs = clock.monotonicMs();
  }

  get signal(): AbortSignal {
    return this.#life.signal;
  }

  /** What the party heard, in order. */
  get heard(): readonly HeardSpan[] {
    return this.#playout.heard;
  }

  answer(): Promise<void> {
    if (this.signal.aborted) return Promise.reject(this.signal.reason);
    this.answeredMs ??= this.#clock.monotonicMs();
    return Promise.resolve();
  }

  async play(source: AudioSource, signal: AbortSignal): Promise<PlayResult> {
    using playing = scope(signal);
    using life = scope(this.signal);
    life.onClose(() => playing.close(life.signal.reason));
    const result = await this.#playout.play(source, playing.signal);
    if (source.kind === "file" || source.kind === "speech") this.prompts.emit("played", ++this.#played);
    return result;
  }

  #tap(listener: (batch: TapBatch) => void, { batchMs = TAP_MS, ended }: TapOptions = {}): () => void {
    const tapping = scope(this.signal);
    if (ended) tapping.onClose(ended);
    const timer = setRepeating(this.#clock, batchMs, () => {
      const nowMs = this.#clock.monotonicMs();
      const sent = this.#playout.sent(nowMs - batchMs, nowMs);
      const talking = this.#talkingMs > nowMs - batchMs;
      const received = talking ? toneSamples({ frequencyHz: VOICE_HZ, durationMs: batchMs }) : new Int16Array(sent.length);
      listener({ received, sent });
    });
    tapping.onClose(() => timer.cancel());
    return () => tapping.close();
  }

  join(other: Leg): () => void {
    return this.#span(this.joins, other.id);
  }

  /** Hears a far end that has not answered. */
  joinEarly(other: string): () => void {
    return this.#span(this.early, other);
  }

  hangup(cause?: Cause): Promise<void> {
    this.#end(cause ?? { reason: this.answeredMs === undefined ? "rejected" : "completed", who: "us" });
    return Promise.resolve();
  }

  /** The party presses a key. */
  press(digit: string): void {
    if (!this.signal.aborted) this.digits.emit("digit", digit);
  }

  /** The party says something for so long. */
  talk(durationMs: number): void {
    this.#talkingMs = this.#clock.monotonicMs() + durationMs;
  }

  /** The party hangs up, or gives up calling. */
  peerHangup(): void {
    this.#end({ reason: this.answeredMs === undefined ? "cancelled" : "completed", who: "peer" });
  }

  #span(spans: JoinSpan[], other: string): () => void {
    const mine: JoinSpan = { other, startMs: this.#clock.monotonicMs() };
    spans.push(mine);
    return () => {
      mine.endMs ??= this.#clock.monotonicMs();
    };
  }

  #end(cause: Cause): void {
    this.endedMs ??= this.#clock.monotonicMs();
    this.#life.close(cause);
  }
}
