import { maxUint32 } from "./limits.ts";

//    0               1               2               3
//   +---------------+---------------+-------------------------------+
//   | 1: audio      | flags         | 0                             |
//   +---------------+---------------+-------------------------------+
//   | position of the first sample, or id of the utterance: u32 LE  |
//   +---------------------------------------------------------------+
//   | PCM, 16 bit signed little-endian mono …                       |

const HEADER = 8;
const AUDIO = 1;
const BIT_0 = 1;
const BIT_1 = 2;

/** A binary frame from the server: 20 ms of the call. */
export interface ServerAudioFrame {
  /** The first sample, counted from the start of the stream at the stream's rate, modulo 2^32. */
  readonly position: number;
  /** Nothing came from the party: it is silence that we made. */
  readonly silence: boolean;
  readonly pcm: Uint8Array;
}

/** A binary frame from the bot: a part of an utterance, of any length. */
export interface BotAudioFrame {
  /** 1 to 4294967295, chosen by the bot. */
  readonly utterance: number;
  /** Nothing more comes of the utterance. */
  readonly last: boolean;
  /** The audio is being made now, at the speed of its clock. The first frame of an utterance says it for all. */
  readonly live: boolean;
  readonly pcm: Uint8Array;
}

/** What is written; a flag that is absent is not set. */
export type AudioFrameInput =
  | (Pick<ServerAudioFrame, "position" | "pcm"> & { readonly silence?: boolean | undefined })
  | (Pick<BotAudioFrame, "utterance" | "pcm"> & { readonly last?: boolean | undefined; readonly live?: boolean | undefined });

/**
 * The frame that carries the audio, which is copied once. A position may be any whole number from 0: it is taken modulo
 * 2^32. Throws a RangeError for one that is none, and for an utterance that is not 1 to 4294967295.
 */
export function writeAudioFrame(audio: AudioFrameInput): Uint8Array<ArrayBuffer> {
  const frame = new Uint8Array(HEADER + audio.pcm.length);
  const number = "position" in audio ? positionOf(audio.position) : utteranceOf(audio.utterance);
  const flags = "position" in audio ? bits(audio.silence, false) : bits(audio.last, audio.live);
  frame[0] = AUDIO;
  frame[1] = flags;
  new DataView(frame.buffer).setUint32(4, number, true);
  frame.set(audio.pcm, HEADER);
  return frame;
}

/** Reads a frame of the server. The PCM is a view of `bytes`, whose place in memory may be odd. Never throws. */
export function readServerAudioFrame(bytes: Uint8Array): ServerAudioFrame | { readonly issue: string } {
  const frame = read(bytes);
  return "issue" in frame ? frame : { position: frame.number, silence: (frame.flags & BIT_0) !== 0, pcm: frame.pcm };
}

/** Reads a frame of a bot. The PCM is a view of `bytes`, whose place in memory may be odd. Never throws. */
export function readBotAudioFrame(bytes: Uint8Array): BotAudioFrame | { readonly issue: string } {
  const frame = read(bytes);
  if ("issue" in frame) return frame;
  if (frame.number === 0) return { issue: "must have the id of an utterance, 1 to 4294967295, in bytes 4 to 7; got 0" };
  return { utterance: frame.number, last: (frame.flags & BIT_0) !== 0, live: (frame.flags & BIT_1) !== 0, pcm: frame.pcm };
}

interface Read {
  readonly flags: number;
  readonly number: number;
  readonly pcm: Uint8Array;
}

// Flags and bytes that mean nothing here are passed over: a later version may give them a meaning.
function read(bytes: Uint8Array): Read | { readonly issue: string } {
  if (bytes.length < HEADER) return { issue: `must begin with a header of ${HEADER} bytes; got ${bytes.length}` };
  const [kind = 0, flags = 0] = bytes;
  if (kind !== AUDIO) return { issue: `must be of kind ${AUDIO} (audio) in byte 0; got ${kind}` };
  const number = new DataView(bytes.buffer, bytes.byteOffset, HEADER).getUint32(4, true);
  return { flags, number, pcm: bytes.subarray(HEADER) };
}

function bits(first = false, second = false): number {
  return (first ? BIT_0 : 0) | (second ? BIT_1 : 0);
}

function positionOf(position: number): number {
  if (Number.isSafeInteger(position) && position >= 0) return position % (maxUint32 + 1);
  throw new RangeError("position must be a whole number from 0.");
}

function utteranceOf(id: number): number {
  if (Number.isInteger(id) && id >= 1 && id <= maxUint32) return id;
  throw new RangeError(`utterance must be a whole number from 1 to ${maxUint32}.`);
}
