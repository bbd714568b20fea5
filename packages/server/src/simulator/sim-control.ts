import { sleep, type Clock } from "../base/index.ts";
import type { LegControl } from "../call/index.ts";

const DIGIT_MS = 160;
const PAUSE_MS = 500;

/** What is done to a simulated leg from beside its flow, and a note of it. */
export class SimControl implements LegControl {
  held = false;
  muted = false;
  /** Digits that were sent to the party. */
  sentDigits = "";
  readonly #clock: Clock;
  readonly #life: AbortSignal;
  readonly #holdPlayout: (on: boolean) => void;

  constructor(clock: Clock, life: AbortSignal, holdPlayout: (on: boolean) => void) {
    this.#clock = clock;
    this.#life = life;
    this.#holdPlayout = holdPlayout;
  }

  hold(on: boolean): void {
    if (this.#life.aborted) return;
    this.held = on;
    this.#holdPlayout(on);
  }

  mute(on: boolean): void {
    if (!this.#life.aborted) this.muted = on;
  }

  async sendDigits(digits: string, signal: AbortSignal): Promise<void> {
    for (const digit of digits) {
      if (signal.aborted || this.#life.aborted) return;
      if (digit !== ",") this.sentDigits += digit;
      await sleep(this.#clock, digit === "," ? PAUSE_MS : DIGIT_MS, signal).catch(() => undefined);
    }
  }
}
