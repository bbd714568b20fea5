import { timestampDistance } from "./sequence.ts";
import { digitOfEvent, EVENT_BYTES, MAX_SEGMENT_TICKS, parseTelephoneEvent, type TelephoneEvent } from "./telephone-event.ts";

/** A key that was pressed and released. */
export interface ReceivedDigit {
  readonly digit: string;
  readonly durationMs: number;
}

/** Makes one digit of each event, however many packets told it and whichever of them were lost. */
export interface EventReceiver {
  /** Takes the payload of one packet; `timestamp` and `marker` are of its RTP header. */
  push(payload: Uint8Array, timestamp: number, marker: boolean, nowMs: number): readonly ReceivedDigit[];
  /** Concludes an event whose end did not come; to be called regularly. */
  elapse(nowMs: number): readonly ReceivedDigit[];
  /** True while a key is held down. */
  readonly active: boolean;
}

/** RFC 4733 §2.5.2.2 leaves the time to the receiver: longer than any usual gap, shorter than a person's next press. */
const CONCLUDE_AFTER_MS = 200;
/** A timestamp this far back is a new count of the sender, not a packet that was overtaken. */
const RESTARTED_SECONDS = 5;
const NONE: readonly ReceivedDigit[] = [];

//            first packet                    end packet, silence, or another event
//   idle ─────────────────────> pressed ────────────────────────────────────────────> concluded
//                                  ^ updates, segments                                   │ packets of the same event: ignored
//                                  └──────────────── packet of a new event ──────────────┘
interface Pressed {
  readonly event: number;
  /** Timestamp of the event's first segment. */
  readonly start: number;
  /** Timestamp of the segment reported last. */
  readonly segment: number;
  readonly durationTicks: number;
  readonly heardMs: number;
  readonly concluded: boolean;
}

/** `rateHz`: what timestamps and durations count by. */
export const eventReceiver = (rateHz = 8000): EventReceiver => new Receiver(rateHz);

/** A class and no functions around variables: each session has one, and it is asked in every turn. */
class Receiver implements EventReceiver {
  active = false;
  readonly #rateHz: number;
  #pressed: Pressed | undefined;

  constructor(rateHz: number) {
    this.#rateHz = rateHz;
  }

  push(payload: Uint8Array, timestamp: number, marker: boolean, nowMs: number): readonly ReceivedDigit[] {
    let digits: ReceivedDigit[] | undefined;
    let start = timestamp;
    // RFC 4733 §2.5.1.5: several events in one packet follow each other without a gap.
    for (let at = 0; at + EVENT_BYTES <= payload.length; at += EVENT_BYTES) {
      const block = parseTelephoneEvent(payload, at);
      if (!block) break;
      const more = this.#push(block, start >>> 0, marker && at === 0, nowMs);
      if (more.length > 0) (digits ??= []).push(...more);
      start += block.durationTicks;
    }
    this.active = this.#pressed !== undefined && !this.#pressed.concluded;
    return digits ?? NONE;
  }

  elapse(nowMs: number): readonly ReceivedDigit[] {
    if (!this.#pressed || this.#pressed.concluded || nowMs - this.#pressed.heardMs < CONCLUDE_AFTER_MS) return NONE;
    this.active = false;
    return this.#conclude();
  }

  #push(block: TelephoneEvent, timestamp: number, marker: boolean, nowMs: number): readonly ReceivedDigit[] {
    const pressed = this.#pressed;
    const known = pressed ? relation(pressed, block, timestamp, marker, RESTARTED_SECONDS * this.#rateHz) : "new";
    if (known === "old") return NONE;
    const before = known === "new" ? this.#conclude() : NONE;
    if (known === "new" || !pressed) {
      this.#pressed = { event: block.event, start: timestamp, segment: timestamp, durationTicks: block.durationTicks, heardMs: nowMs, concluded: false };
    } else {
      const longer = timestamp !== pressed.segment || block.durationTicks > pressed.durationTicks;
      this.#pressed = { ...pressed, segment: timestamp, durationTicks: longer ? block.durationTicks : pressed.durationTicks, heardMs: nowMs };
    }
    const ended = block.end ? this.#conclude() : NONE;
    return before.length > 0 ? [...before, ...ended] : ended;
  }

  #conclude(): readonly ReceivedDigit[] {
    const pressed = this.#pressed;
    if (!pressed || pressed.concluded) return NONE;
    this.#pressed = { ...pressed, concluded: true };
    const digit = digitOfEvent(pressed.event);
    const durationTicks = timestampDistance(pressed.segment, pressed.start) + pressed.durationTicks;
    return digit === undefined ? NONE : [{ digit, durationMs: Math.round((durationTicks * 1000) / this.#rateHz) }];
  }
}

/** What a packet is to the event that is known: more of the `same`, an `old` one told again, or a `new` one. */
function relation(pressed: Pressed, block: TelephoneEvent, timestamp: number, marker: boolean, restartedTicks: number): "same" | "old" | "new" {
  const distance = timestampDistance(timestamp, pressed.segment);
  if (distance === 0) {
    if (block.event !== pressed.event) return "new";
    return pressed.concluded ? "old" : "same";
  }
  if (distance < 0) return distance > -restartedTicks ? "old" : "new";
  // Those that let the timestamp run on (see below) do so as well while they repeat the end.
  if (pressed.concluded && !marker && block.event === pressed.event && distance < pressed.durationTicks) return "old";
  if (marker || pressed.concluded || block.event !== pressed.event) return "new";
  // A further segment of a long press begins where the full one ended. Some senders also let the timestamp run on
  // within one event: it then lies inside of what was reported, where no second event can begin.
  return distance === MAX_SEGMENT_TICKS || distance <= pressed.durationTicks ? "same" : "new";
}
