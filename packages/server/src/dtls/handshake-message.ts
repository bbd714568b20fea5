import { concatBytes } from "../base/index.ts";
import { Reader, uint } from "./wire.ts";

/** One message of a handshake. `sequence` counts the messages of its sender. */
export interface HandshakeMessage {
  readonly type: number;
  readonly sequence: number;
  readonly body: Uint8Array;
}

/**
 * A part of a message (RFC 6347 §4.2.2):
 *
 *      type (1) | length (3) | message_seq (2) | fragment_offset (3) | fragment_length (3) | fragment
 */
interface Fragment {
  readonly type: number;
  readonly length: number;
  readonly sequence: number;
  readonly offset: number;
  readonly bytes: Uint8Array;
}

export const MESSAGE_HEADER_BYTES = 12;
/** Far more than any certificate that makes sense. */
const MAX_MESSAGE_BYTES = 16_384;
/** A flight has no more messages than this: what is further ahead is none of the flight at hand. */
const MAX_AHEAD = 8;

function header(type: number, length: number, sequence: number, offset: number, part: number): Uint8Array {
  return concatBytes([uint(1, type), uint(3, length), uint(2, sequence), uint(3, offset), uint(3, part)]);
}

/** A message as it is hashed and signed: as if it had come in one part (RFC 6347 §4.2.6). */
export const wholeMessage = ({ type, sequence, body }: HandshakeMessage): Uint8Array =>
  concatBytes([header(type, body.length, sequence, 0, body.length), body]);

/** The message in parts of at most so many octets each, headers included. */
export function fragmentsOf({ type, sequence, body }: HandshakeMessage, maxBytes: number): readonly Uint8Array[] {
  const room = maxBytes - MESSAGE_HEADER_BYTES;
  const count = Math.max(1, Math.ceil(body.length / room));
  return Array.from({ length: count }, (_, index) => {
    const part = body.subarray(index * room, (index + 1) * room);
    return concatBytes([header(type, body.length, sequence, index * room, part.length), part]);
  });
}

/** The parts in a record; what is malformed ends the list. */
export function parseFragments(bytes: Uint8Array): readonly Fragment[] {
  const reader = new Reader(bytes);
  const all: Fragment[] = [];
  while (reader.left > 0) {
    const [type, length, sequence, offset] = [reader.uint(1), reader.uint(3), reader.uint(2), reader.uint(3)];
    const part = reader.vector(3);
    if (!reader.ok || length > MAX_MESSAGE_BYTES || offset + part.length > length) break;
    all.push({ type, length, sequence, offset, bytes: part });
  }
  return all;
}

interface Partial {
  readonly type: number;
  readonly body: Uint8Array;
  /** One for every octet that has come. */
  readonly present: Uint8Array;
  missing: number;
}

/** Puts messages together, and hands them over in their order, each once. */
export interface Reassembly {
  push(fragment: Fragment): void;
  /** The message whose turn it is, once it is complete. */
  next(): HandshakeMessage | undefined;
  /** Messages below this have been handed over. */
  readonly expected: number;
}

export function createReassembly(first: number): Reassembly {
  const partials = new Map<number, Partial>();
  let expected = first;
  return {
    get expected() {
      return expected;
    },
    push({ type, length, sequence, offset, bytes }) {
      if (sequence < expected || sequence >= expected + MAX_AHEAD) return;
      const partial = partials.get(sequence) ?? { type, body: new Uint8Array(length), present: new Uint8Array(length), missing: length };
      // Parts that do not fit together: the first one is believed.
      if (partial.type !== type || partial.body.length !== length) return;
      partials.set(sequence, partial);
      bytes.forEach((octet, index) => {
        const at = offset + index;
        if (partial.present[at] === 1) return;
        partial.present[at] = 1;
        partial.body[at] = octet;
        partial.missing -= 1;
      });
    },
    next() {
      const partial = partials.get(expected);
      if (!partial || partial.missing > 0) return undefined;
      partials.delete(expected);
      expected += 1;
      return { type: partial.type, sequence: expected - 1, body: partial.body };
    },
  };
}
