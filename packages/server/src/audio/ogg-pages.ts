import { concatBytes } from "../base/index.ts";

/**
 * A page (RFC 3533 §6):
 *
 *     0    4         5      6                 14         18           22       26         27
 *     OggS version 0 flags  granule position  serial no  sequence no  CRC      segments   a length for each   the body
 */
export interface OggPage {
  readonly bytes: Uint8Array;
  readonly body: Uint8Array;
  /** The stream it belongs to; several may be interleaved. */
  readonly serial: number;
  /** The first and the last page of its stream. */
  readonly first: boolean;
  readonly last: boolean;
  /** How many samples of the stream are complete with this page; negative when no packet ends on it. */
  readonly granule: number;
}

const HEADER_BYTES = 27;
const CAPTURE = [0x4f, 0x67, 0x67, 0x53, 0] as const;

export const looksLikeOgg = (bytes: Uint8Array, at = 0): boolean => CAPTURE.every((byte, index) => bytes[at + index] === byte);

/** Whether a stream begins here: its first page says so. */
export const beginsOgg = (bytes: Uint8Array): boolean => looksLikeOgg(bytes) && ((bytes[5] ?? 0) & 2) !== 0;

/** Finds the whole pages in bytes that come in pieces; what is between pages is skipped. */
export function createOggPages(): { push(bytes: Uint8Array): readonly OggPage[] } {
  let waiting: Uint8Array = new Uint8Array(0);
  return {
    push(bytes) {
      waiting = concatBytes([waiting, bytes]);
      const pages: OggPage[] = [];
      let at = 0;
      for (;;) {
        at = nextPage(waiting, at);
        const page = pageAt(waiting, at);
        if (!page) break;
        pages.push(page);
        at += page.bytes.length;
      }
      waiting = waiting.slice(at);
      return pages;
    },
  };
}

/** Where the next page begins, or may begin as soon as more has come. */
function nextPage(bytes: Uint8Array, from: number): number {
  for (let at = bytes.indexOf(CAPTURE[0], from); at >= 0; at = bytes.indexOf(CAPTURE[0], at + 1)) {
    if (looksLikeOgg(bytes, at) || bytes.length - at < CAPTURE.length) return at;
  }
  return bytes.length;
}

function pageAt(bytes: Uint8Array, at: number): OggPage | undefined {
  const segments = bytes[at + 26];
  const body = at + HEADER_BYTES + (segments ?? 0);
  if (segments === undefined || body > bytes.length) return undefined;
  const end = bytes.subarray(at + HEADER_BYTES, body).reduce((sum, length) => sum + length, body);
  if (end > bytes.length) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset + at);
  const flags = view.getUint8(5);
  return {
    bytes: bytes.slice(at, end),
    body: bytes.slice(body, end),
    serial: view.getUint32(14, true),
    first: (flags & 2) !== 0,
    last: (flags & 4) !== 0,
    granule: Number(view.getBigInt64(6, true)),
  };
}
