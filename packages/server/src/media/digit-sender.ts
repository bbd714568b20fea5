import { dtmfSamples, FRAME_MS, FRAME_SAMPLES } from "../audio/index.ts";
import { eventOfDigit, eventSender, type EventPacket, type EventSender } from "../rtp/index.ts";

/** What one frame of time is used for: a packet of a key, a part of its tone, silence between keys, or audio as ever. */
export type DigitStep =
  | { readonly type: "event"; readonly packet: EventPacket }
  | { readonly type: "tone"; readonly samples: Int16Array }
  | { readonly type: "gap" }
  | { readonly type: "audio" };

/** Presses keys in the pace of frames. */
export interface DigitSender {
  add(sending: number, digits: string): void;
  /** Leaves out the rest. A key that is pressed is released first, else the peer would go on hearing it. */
  stop(sending: number): void;
  clear(): void;
  /** The next frame; undefined: there is nothing to press. `eventRateHz`: the peer takes telephone-event, whose durations count by it. */
  next(eventRateHz: number | undefined): DigitStep | undefined;
}

const TONE_MS = 100;
const PAUSE_MS = 60;
/** A key with its pause; the two repeated end packets go into the pause. */
const KEY_FRAMES = (TONE_MS + PAUSE_MS) / FRAME_MS;
const COMMA_FRAMES = 25;

interface Job {
  readonly sending: number;
  readonly digits: readonly string[];
  at: number;
}

interface Key {
  readonly frames: number;
  readonly digit: string;
  readonly events: EventSender | undefined;
  readonly tone: Int16Array | undefined;
  frame: number;
}

export const createDigitSender = (done: (sending: number) => void): DigitSender => new KeySender(done);

/** A class and no functions around variables: each session has one, and it is asked in every turn. */
class KeySender implements DigitSender {
  readonly #done: (sending: number) => void;
  readonly #jobs: Job[] = [];
  #key: Key | undefined;

  constructor(done: (sending: number) => void) {
    this.#done = done;
  }

  add(sending: number, digits: string): void {
    this.#jobs.push({ sending, digits: digits.split(""), at: 0 });
  }

  stop(sending: number): void {
    const job = this.#jobs.find((candidate) => candidate.sending === sending);
    if (!job) return;
    job.at = job.digits.length;
    if (job !== this.#jobs[0]) {
      this.#jobs.splice(this.#jobs.indexOf(job), 1);
      this.#done(sending);
    } else if (this.#key?.events) this.#key.events.release();
    else this.#finish();
  }

  clear(): void {
    while (this.#jobs.length > 0) this.#finish();
  }

  next(eventRateHz: number | undefined): DigitStep | undefined {
    for (let job = this.#jobs[0]; job; job = this.#jobs[0]) {
      if (this.#key && this.#key.frame < this.#key.frames) return step(this.#key);
      const digit = job.digits[job.at++];
      this.#key = digit === undefined ? undefined : press(digit, eventRateHz);
      if (!this.#key) this.#finish();
    }
    return undefined;
  }

  #finish(): void {
    const job = this.#jobs.shift();
    this.#key = undefined;
    if (job) this.#done(job.sending);
  }
}

function press(digit: string, eventRateHz: number | undefined): Key {
  const event = eventOfDigit(digit);
  if (event === undefined) return { frames: COMMA_FRAMES, digit, events: undefined, tone: undefined, frame: 0 };
  return {
    frames: KEY_FRAMES,
    digit,
    events: eventRateHz === undefined ? undefined : eventSender(event, (TONE_MS * eventRateHz) / 1000, (FRAME_MS * eventRateHz) / 1000),
    tone: eventRateHz !== undefined ? undefined : dtmfSamples(digit.toUpperCase(), TONE_MS, PAUSE_MS),
    frame: 0,
  };
}

function step(key: Key): DigitStep {
  const from = key.frame * FRAME_SAMPLES;
  key.frame += 1;
  if (key.tone) return { type: "tone", samples: key.tone.subarray(from, from + FRAME_SAMPLES) };
  const packet = key.events?.next();
  if (packet) return { type: "event", packet };
  return { type: key.events ? "gap" : "audio" };
}
