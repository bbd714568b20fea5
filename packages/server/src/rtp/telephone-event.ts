import { putU16, u16 } from "./packet.ts";

/** RFC 4733 §3.2: the events 0 to 15, in their order. */
const DIGITS = "0123456789*#ABCD";

/** The length of one event block. */
export const EVENT_BYTES = 4;

/** The largest duration one segment of an event can tell. */
export const MAX_SEGMENT_TICKS = 0xffff;

/** The event code of a key (0-9 * # A-D a-d); undefined for anything else. */
export function eventOfDigit(digit: string): number | undefined {
  const event = digit.length === 1 ? DIGITS.indexOf(digit.toUpperCase()) : -1;
  return event < 0 ? undefined : event;
}

/** The key of an event code; undefined for events that are no keys. */
export const digitOfEvent = (event: number): string | undefined => DIGITS[event];

/**
 * RFC 4733 §2.3
 *
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |     event     |E|R| volume    |          duration             |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 */
export interface TelephoneEvent {
  readonly event: number;
  readonly end: boolean;
  /** Power of the tone in -dBm0: 0 to 63. */
  readonly volume: number;
  readonly durationTicks: number;
}

/** Reads the event block at `offset`; undefined when the payload ends before the block does. */
export function parseTelephoneEvent(payload: Uint8Array, offset = 0): TelephoneEvent | undefined {
  if (payload.length < offset + EVENT_BYTES) return undefined;
  const flags = payload[offset + 1] ?? 0;
  return {
    event: payload[offset] ?? 0,
    end: (flags & 0x80) !== 0,
    volume: flags & 0x3f,
    durationTicks: u16(payload, offset + 2),
  };
}

/** Writes one event block at `offset`. */
export function writeTelephoneEvent(into: Uint8Array, offset: number, event: TelephoneEvent): void {
  into[offset] = event.event;
  // The R bit is sent as zero.
  into[offset + 1] = (event.end ? 0x80 : 0) | (event.volume & 0x3f);
  putU16(into, offset + 2, event.durationTicks);
}
