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

export function createDigitSender(done: (sending: number) => void): DigitSender {
  const jobs: Job[] = [];
  let key: Key | undefined;

  const press = (digit: string, eventRateHz: number | undefined): Key => {
    const event = eventOfDigit(digit);
    if (event === undefined) return { frames: COMMA_FRAMES, digit, events: undefined, tone: undefined, frame: 0 };
    return {
      frames: KEY_FRAMES,
      digit,
      events: eventRateHz === undefined ? undefined : eventSender(event, (TONE_MS * eventRateHz) / 1000, (FRAME_MS * eventRateHz) / 1000),
      tone: eventRateHz !== undefined ? undefined : dtmfSamples(digit.toUpperCase(), TONE_MS, PAUSE_MS),
      frame: 0,
    };
  };

  const step = (current: Key): DigitStep => {
    const from = current.frame * FRAME_SAMPLES;
    current.frame += 1;
    if (current.tone) return { type: "tone", samples: current.tone.subarray(from, from + FRAME_SAMPLES) };
    const packet = current.events?.next();
    if (packet) return { type: "event", packet };
    return { type: current.events ? "gap" : "audio" };
  };

  const finish = () => {
    const job = jobs.shift();
    key = undefined;
    if (job) done(job.sending);
  };

  return {
    add(sending, digits) {
      jobs.push({ sending, digits: digits.split(""), at: 0 });
    },
    stop(sending) {
      const job = jobs.find((candidate) => candidate.sending === sending);
      if (!job) return;
      job.at = job.digits.length;
      if (job !== jobs[0]) {
        jobs.splice(jobs.indexOf(job), 1);
        done(sending);
      } else if (key?.events) key.events.release();
      else finish();
    },
    clear() {
      while (jobs.length > 0) finish();
    },
    next(eventRateHz) {
      for (let job = jobs[0]; job; job = jobs[0]) {
        if (key && key.frame < key.frames) return step(key);
        const digit = job.digits[job.at++];
        key = digit === undefined ? undefined : press(digit, eventRateHz);
        if (!key) finish();
      }
      return undefined;
    },
  };
}
