import { LIMITS } from "./parse.ts";

export type Frame =
  | { readonly kind: "message"; readonly bytes: Uint8Array }
  /** A double CRLF between messages (RFC 5626 §3.5.1): the peer wants a CRLF back. */
  | { readonly kind: "ping" }
  /** The stream cannot be followed any further; `bytes` is what was there. */
  | { readonly kind: "broken"; readonly bytes: Uint8Array };

export interface StreamFraming {
  /** Whether a message has begun and is not whole yet. */
  readonly partial: boolean;
  /** What is complete after these bytes. Nothing more comes after `broken`. */
  push(bytes: Uint8Array): readonly Frame[];
}

const END_OF_HEADERS = Buffer.from("\r\n\r\n");
// The value that ends the line, the name in full or compact, at the beginning of a line.
const CONTENT_LENGTH = /\r\n(?:Content-Length|l)[ \t]*:[ \t]*(?:\r\n[ \t]+)?(\d{1,9})[ \t]*(?=\r\n|$)/gi;

/** Cuts a byte stream into messages by their Content-Length (RFC 3261 §18.3). Holds at most one message. */
export function createStreamFraming(): StreamFraming {
  let held: Buffer = Buffer.alloc(0);
  let broken = false;
  /** Up to where no end of headers was found: every byte is searched once. */
  let searched = 0;
  /** The length of the message whose head has been read: it is read once, however slowly its body comes. */
  let whole = 0;
  const next = (): Frame | undefined => {
    if (whole > 0) return held.length < whole ? undefined : take(whole, { kind: "message", bytes: held.subarray(0, whole) });
    if (held.subarray(0, 4).equals(END_OF_HEADERS)) return take(4, { kind: "ping" });
    let start = 0;
    while (held[start] === 0x0d && held[start + 1] === 0x0a && (held[start + 2] ?? 0x0d) !== 0x0d) start += 2;
    if (start > 0) take(start, undefined);
    const end = held.indexOf(END_OF_HEADERS, searched);
    if (end < 0) {
      searched = Math.max(0, held.length - 3);
      return held.length > LIMITS.messageBytes ? breakOff() : undefined;
    }
    const length = contentLength(held.toString("latin1", 0, end));
    if (length === undefined || end + 4 + length > LIMITS.messageBytes) return breakOff();
    whole = end + 4 + length;
    return next();
  };
  const take = <T>(count: number, frame: T): T => {
    held = held.subarray(count);
    searched = 0;
    whole = 0;
    return frame;
  };
  const breakOff = (): Frame => {
    broken = true;
    return { kind: "broken", bytes: held };
  };
  return {
    get partial() {
      return !broken && held.length > 0;
    },
    push(bytes) {
      const frames: Frame[] = [];
      if (broken) return frames;
      held = held.length === 0 ? Buffer.from(bytes) : Buffer.concat([held, bytes]);
      for (let frame = next(); frame; frame = broken ? undefined : next()) frames.push(frame);
      return frames;
    },
  };
}

/** The one Content-Length of a head; `undefined` when there is none, or several that differ. */
function contentLength(head: string): number | undefined {
  const lengths = new Set([...head.matchAll(CONTENT_LENGTH)].map((found) => Number(found[1])));
  const [length] = lengths;
  return lengths.size === 1 ? length : undefined;
}
