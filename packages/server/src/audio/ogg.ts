import { concatSamples, PiopiyError } from "../base/index.ts";
import type { DecodedPiece, FormatReader } from "./format-reader.ts";
import { createOggCodec, oggHead, type OggCodec } from "./ogg-codec.ts";
import { createOggPages, type OggPage } from "./ogg-pages.ts";

interface Stream {
  readonly serial: number;
  readonly codec: OggCodec;
  /** Pages after the first one have come. */
  begun: boolean;
  /** Samples that were decoded. */
  decoded: number;
}

/**
 * Reads an Ogg file with Opus (RFC 7845) or Vorbis that comes in pieces: of streams that are interleaved the first one
 * with audio, of files that were put one behind the other all of them. Fails with `bad_audio`.
 */
export function createOggReader(): FormatReader {
  const pages = createOggPages();
  let stream: Stream | undefined;
  let ended = false;

  const close = () => {
    stream?.codec.close();
    stream = undefined;
  };
  async function* finish(): AsyncGenerator<DecodedPiece> {
    if (stream) yield await stream.codec.flush();
    close();
  }
  async function* begin(page: OggPage): AsyncGenerator<DecodedPiece> {
    // RFC 3533 §6: the first pages of interleaved streams stand before all others.
    if (stream && !stream.begun) return;
    const head = oggHead(page);
    if (!head) return;
    yield* finish();
    stream = { serial: page.serial, codec: await createOggCodec(head), begun: false, decoded: 0 };
    ended = false;
    yield await stream.codec.decode(page);
  }
  async function* take(page: OggPage): AsyncGenerator<DecodedPiece> {
    if (page.first) yield* begin(page);
    else if (stream?.serial === page.serial) yield await decoded(stream, page);
    else if (!stream && !ended) throw new PiopiyError("bad_audio", "The Ogg file does not begin with Opus or Vorbis.");
  }
  const decoded = async (current: Stream, page: OggPage): Promise<DecodedPiece> => {
    const piece = await current.codec.decode(page);
    current.begun = true;
    current.decoded += piece.samples.length;
    if (!page.last) return piece;
    const last = lastOf(current, page, piece, await current.codec.flush());
    ended = true;
    close();
    return last;
  };
  return {
    async *push(bytes) {
      for (const page of pages.push(bytes)) yield* take(page);
    },
    end: finish,
    get ended() {
      return ended;
    },
    close,
  };
}

/** RFC 7845 §4.4: a last packet may be longer than what it ends; the position of its page tells by how much. */
function lastOf({ codec, decoded }: Stream, { granule }: OggPage, piece: DecodedPiece, rest: DecodedPiece): DecodedPiece {
  const samples = concatSamples([piece.samples, rest.samples]);
  const excess = decoded + rest.samples.length - codec.samplesUpTo(granule);
  return { ...piece, samples: granule < 0 || excess <= 0 ? samples : samples.subarray(0, Math.max(0, samples.length - excess)) };
}
