import { PiopiyError } from "../base/index.ts";
import { samplesOfFloats } from "./float-samples.ts";
import type { DecodedPiece } from "./format-reader.ts";
import type { OggPage } from "./ogg-pages.ts";
import { SAMPLE_RATE_HZ } from "./source.ts";

/** Decodes one stream of an Ogg file, page by page. */
export interface OggCodec {
  decode(page: OggPage): Promise<DecodedPiece>;
  /** What is left after the last page. */
  flush(): Promise<DecodedPiece>;
  /** How many samples there are up to a granule position, at the rate that is decoded to. */
  samplesUpTo(granule: number): number;
  close(): void;
}

const MAXIMUM_CHANNELS = 8;

/** What the first page of a stream says about it; nothing when it is none of the codecs that are played. */
export function oggHead({ body }: OggPage): OggHead | undefined {
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
  // RFC 7845 §5.1: the identification header.
  if (begins(body, "OpusHead") && body.length >= 19) {
    return checked({ codec: "opus", channels: view.getUint8(9), sampleRateHz: SAMPLE_RATE_HZ, preSkip: view.getUint16(10, true) });
  }
  // Vorbis I §4.2.2.
  if (begins(body, "\u0001vorbis") && body.length >= 30) {
    return checked({ codec: "vorbis", channels: view.getUint8(11), sampleRateHz: view.getUint32(12, true), preSkip: 0 });
  }
  return undefined;
}

export interface OggHead {
  readonly codec: "opus" | "vorbis";
  readonly channels: number;
  /** What is decoded to: of Opus any rate can be had. */
  readonly sampleRateHz: number;
  /** Samples at 48 kHz that the encoder put before the first one. */
  readonly preSkip: number;
}

function begins(body: Uint8Array, mark: string): boolean {
  return String.fromCharCode(...body.subarray(0, mark.length)) === mark;
}

/** A few bytes can name hundreds of channels, or a rate at which a second is an hour. */
function checked(head: OggHead): OggHead {
  const { channels, sampleRateHz } = head;
  if (channels < 1 || channels > MAXIMUM_CHANNELS) {
    throw new PiopiyError("bad_audio", `The Ogg file has ${channels} channels; 1 to ${MAXIMUM_CHANNELS} are played.`);
  }
  if (sampleRateHz < 1000 || sampleRateHz > 384_000) throw new PiopiyError("bad_audio", `The Ogg file has a sample rate of ${sampleRateHz} Hz.`);
  return head;
}

interface Decoded {
  readonly channelData: readonly Float32Array[];
  readonly sampleRate: number;
}

/** The decoders are loaded with the first file that needs one. */
export async function createOggCodec(head: OggHead): Promise<OggCodec> {
  const { sampleRateHz, preSkip } = head;
  const decoder = await (head.codec === "opus" ? opusDecoder() : vorbisDecoder());
  // RFC 7845 §4: granule positions of Opus count at 48 kHz, with what is to be skipped.
  const samplesUpTo = (granule: number) => (head.codec === "opus" ? Math.round(((granule - preSkip) * SAMPLE_RATE_HZ) / 48_000) : granule);
  const piece = ({ channelData }: Decoded): DecodedPiece => ({ samples: samplesOfFloats(channelData), sampleRateHz });
  let open = true;
  return {
    decode: async (page) => piece(await decoder.decode(page.bytes)),
    flush: async () => piece(await decoder.flush()),
    samplesUpTo,
    close() {
      if (open) decoder.free();
      open = false;
    },
  };
}

async function opusDecoder() {
  const { OggOpusDecoder } = await import("ogg-opus-decoder");
  // Straight to the rate of a call: a sixth of the work and of the memory.
  const options = { sampleRate: SAMPLE_RATE_HZ, forceStereo: false };
  const decoder = new OggOpusDecoder(options);
  await decoder.ready;
  return {
    // It returns a promise, whatever its types say.
    decode: (bytes: Uint8Array): Promise<Decoded> => Promise.resolve(decoder.decode(bytes)),
    flush: (): Promise<Decoded> => decoder.flush(),
    free: () => decoder.free(),
  };
}

async function vorbisDecoder() {
  const { OggVorbisDecoder } = await import("@wasm-audio-decoders/ogg-vorbis");
  const decoder = new OggVorbisDecoder();
  await decoder.ready;
  return {
    decode: (bytes: Uint8Array): Promise<Decoded> => decoder.decode(bytes),
    flush: (): Promise<Decoded> => decoder.flush(),
    free: () => decoder.free(),
  };
}
