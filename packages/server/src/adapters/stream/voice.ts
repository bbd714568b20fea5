import { SAMPLE_RATE_HZ } from "../../audio/index.ts";
import { channels, scope, type Clock, type Scope } from "../../base/index.ts";
import type { StreamLine } from "../../interpreter/index.ts";
import { createSpurt, type Spurt } from "./spurt.ts";

export interface VoiceOptions {
  readonly play: StreamLine["play"];
  readonly clock: Clock;
  /** When a spurt is over: the rest that its conversion still holds. */
  readonly rest: () => Int16Array;
  /** The queue was full and lost its oldest audio; told once for each spurt. */
  readonly overflow: () => void;
  /** Its abort throws away what is queued. */
  readonly signal: AbortSignal;
}

const QUEUE_SAMPLES = 60 * SAMPLE_RATE_HZ;
const ms = (samples: number) => Math.round((samples * 1000) / SAMPLE_RATE_HZ);

/**
 * What the bot says, played to the party as one stream, however it was cut. A pause in it ends a playback, so that what
 * a flow plays gets its turn; what follows is the next one. Playbacks queue in the media plane, where they follow each
 * other without a gap.
 */
export class Voice {
  readonly #options: VoiceOptions;
  readonly #playing = new Set<Promise<void>>();
  #life: Scope;
  #spurt: Spurt | undefined;
  #overflown = false;
  #receivedSamples = 0;
  #droppedSamples = 0;
  #playedMs = 0;

  constructor(options: VoiceOptions) {
    this.#options = options;
    this.#life = scope(options.signal);
  }

  get receivedMs(): number {
    return ms(this.#receivedSamples);
  }

  /** What left as RTP. */
  get playedMs(): number {
    return this.#playedMs;
  }

  /** What the queue had no room for. */
  get droppedMs(): number {
    return ms(this.#droppedSamples);
  }

  /** 8 kHz samples, behind what is queued. */
  say(samples: Int16Array): void {
    this.#receivedSamples += samples.length;
    if (samples.length === 0 || this.#options.signal.aborted) return;
    this.#spurt ??= this.#begin();
    this.#spurt.push(samples);
    const excess = this.#spurt.queued - QUEUE_SAMPLES;
    if (excess <= 0) return;
    this.#spurt.drop(excess);
    this.#droppedSamples += excess;
    if (!this.#overflown) this.#options.overflow();
    this.#overflown = true;
  }

  /** Throws away what is queued, also what the media plane has got already. */
  clear(): void {
    this.#options.rest();
    this.#spurt = undefined;
    this.#life.close();
    this.#life = scope(this.#options.signal);
  }

  /** Nothing more is said: resolves when everything has been heard. */
  async finish(): Promise<void> {
    this.#pause();
    while (this.#playing.size > 0) await Promise.all(this.#playing);
    this.#life.close();
  }

  #pause(): void {
    this.#spurt?.push(this.#options.rest());
    this.#spurt?.end();
    this.#spurt = undefined;
  }

  #begin(): Spurt {
    const begun = createSpurt(this.#options.clock, () => this.#pause());
    // One that is thrown away waits for nothing any more.
    this.#life.onClose(() => begun.end());
    this.#overflown = false;
    const heard: Promise<void> = this.#hear(begun, this.#life.signal).then(() => void this.#playing.delete(heard));
    this.#playing.add(heard);
    return begun;
  }

  async #hear({ source }: Spurt, signal: AbortSignal): Promise<void> {
    try {
      const { heardMs } = await this.#options.play(source, signal);
      this.#playedMs += heardMs;
    } catch (failure) {
      // The media plane is gone, and the call with it.
      channels.failure.publish({ layer: "adapters", failure });
    }
  }
}
