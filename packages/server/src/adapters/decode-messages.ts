import { beginsMp3Stream, createFileDecoder, cutFromMp3, fileBeginning, fileKind, SAMPLE_RATE_HZ, type FileDecoder, type FileKind } from "../audio/index.ts";
import { concatSamples, PiopiyError } from "../base/index.ts";
import type { MessageOrder, MessagePart } from "./message-decoder.ts";

interface Open {
  readonly kind: FileKind;
  readonly decoder: FileDecoder;
  /** Samples of the message that is being decoded. */
  given: number;
}

/** More than anybody says in one go, and more than a stream queues. */
const MAXIMUM_MINUTES = 10;
const nothing = new Int16Array(0);

/** Decodes the messages of bots; what a stream has open is kept from one to the next. It takes the calling thread. */
export function createMessages(): (order: MessageOrder) => Promise<Int16Array> {
  const streams = new Map<number, Open>();
  const end = (stream: number) => {
    streams.get(stream)?.decoder.close();
    streams.delete(stream);
  };
  /** What is still to be heard of a stream in which something else begins, or which is over. */
  const finish = async (stream: number): Promise<Int16Array> => {
    const open = streams.get(stream);
    const rest = (await open?.decoder.flush()) ?? nothing;
    end(stream);
    return rest;
  };
  const decode = async (stream: number, { bytes, first, last, afterPause }: MessagePart): Promise<Int16Array> => {
    const kind = first ? begun(bytes, streams.get(stream)?.kind, afterPause) : undefined;
    // Of one in which nothing could be decoded nothing is left, and after a pause nobody misses the last milliseconds.
    const before = kind !== undefined && !afterPause && streams.get(stream)?.decoder.decoded ? await finish(stream) : nothing;
    if (kind !== undefined) {
      end(stream);
      streams.set(stream, { kind, decoder: createFileDecoder({ kind, maxMinutes: MAXIMUM_MINUTES }), given: 0 });
    }
    const open = streams.get(stream);
    // The thread was replaced in the middle of a message.
    if (!open) throw new PiopiyError("bad_audio", "The decoder was lost.");
    const samples = await open.decoder.push(bytes);
    open.given = samples.length + (first ? 0 : open.given);
    if (open.given > MAXIMUM_MINUTES * 60 * SAMPLE_RATE_HZ) throw new PiopiyError("bad_audio", `The file is longer than ${MAXIMUM_MINUTES} min.`);
    // A WAV file is one message; what it says of its length is wrong too often.
    const over = last && (open.kind === "wav" || open.decoder.ended);
    return concatSamples([before, samples, over ? await finish(stream) : nothing]);
  };
  return async ({ stream, part }) => {
    try {
      if (part) return await decode(stream, part);
      end(stream);
      return nothing;
    } catch (failure) {
      end(stream);
      throw failure;
    }
  };
}

/**
 * What begins with a message; nothing, when it continues what is open. What is cut out of an MP3 stream can be heard,
 * but for a few frames; Ogg cannot be taken up: without its head it is nothing.
 */
function begun(bytes: Uint8Array, open: FileKind | undefined, afterPause: boolean): FileKind | undefined {
  const kind = fileBeginning(bytes);
  if (kind !== undefined) return kind;
  // Frames without a tag in front: within a sentence they are its next part, after a pause another sentence.
  if (open === "mp3" && afterPause && beginsMp3Stream(bytes)) return "mp3";
  if (open !== undefined) return undefined;
  return cutFromMp3(bytes) ? "mp3" : fileKind(bytes);
}
