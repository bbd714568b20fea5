import { EXACT_PROTOCOL } from "./protocols.ts";

/** What a bot that repeats what it hears says to a binary frame; `undefined`: nothing. It may use the frame's own bytes. */
export type Echo = (frame: Uint8Array) => Uint8Array | undefined;

const AUDIO = 1;
const LIVE = 2;
/** One utterance that never ends, as somebody speaks who repeats all the time. */
const UTTERANCE = 1;
const HEADER_BYTES = 8;

/**
 * In the exact protocol a frame begins with its kind, flags, and a little-endian number: the position of its first
 * sample on the way to the bot, its utterance on the way back. In the compatible one a frame is PCM and nothing else.
 */
export const echoOf = (protocol: string): Echo => (protocol === EXACT_PROTOCOL ? exact : compatible);

const compatible: Echo = (frame) => frame;

const exact: Echo = (frame) => {
  if (frame[0] !== AUDIO || frame.length < HEADER_BYTES) return undefined;
  frame[1] = LIVE;
  new DataView(frame.buffer, frame.byteOffset, HEADER_BYTES).setUint32(4, UTTERANCE, true);
  return frame;
};
