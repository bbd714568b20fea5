import { MAX_SEGMENT_TICKS, type TelephoneEvent } from "./telephone-event.ts";

/** One packet of an event that is being sent. */
export interface EventPacket extends TelephoneEvent {
  /** RFC 4733 §2.2.2: set on the first packet of an event, never on a further segment of it. */
  readonly marker: boolean;
  /** From the start of the event to the start of the segment this packet reports; added to the event's timestamp. */
  readonly timestampOffset: number;
}

/** The packets of one event, one at each call, every `stepTicks`. */
export interface EventSender {
  /** The next packet; undefined when the last end packet was handed out. */
  next(): EventPacket | undefined;
  /** Lets the event end with its next packet. */
  release(): void;
}

// RFC 4733 §2.5.1.4: the packet that ends the event is sent three times.
const END_PACKETS = 3;
const VOLUME = 10;

/** Sends `event` for `durationTicks`, rounded up to whole steps. */
export function eventSender(event: number, durationTicks: number, stepTicks = 160): EventSender {
  let total = Math.max(1, Math.ceil(durationTicks / stepTicks)) * stepTicks;
  let elapsed = 0;
  let segmentStart = 0;
  let ends = 0;

  const next = (): EventPacket | undefined => {
    if (ends === END_PACKETS) return undefined;
    const marker = elapsed === 0;
    if (ends === 0) elapsed += stepTicks;
    // RFC 4733 §2.5.1.3: what is longer than the field goes on in a new segment that begins where the full one ended.
    if (elapsed - segmentStart > MAX_SEGMENT_TICKS) segmentStart += MAX_SEGMENT_TICKS;
    const end = elapsed >= total;
    if (end) ends += 1;
    return { event, end, volume: VOLUME, durationTicks: elapsed - segmentStart, marker, timestampOffset: segmentStart };
  };

  return {
    next,
    release() {
      total = Math.min(total, elapsed + stepTicks);
    },
  };
}
