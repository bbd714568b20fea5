import type { AudioDecoder, AudioEncoder } from "./codec-streams.ts";
import { createG722Decoder, createG722Encoder } from "./g722.ts";
import { g711 } from "./g711.ts";
import { createOpusDecoder, createOpusEncoder, type OpusWishes } from "./opus.ts";
import { FRAME_SAMPLES } from "./source.ts";

/** What RTP can carry, by the names of RFC 3551 §6 and RFC 7587 §7. All of it is 8 kHz to us. */
export type AudioCodec = "PCMU" | "PCMA" | "G722" | "opus";

/** What the peer asks an encoder for; all of it is about Opus. */
export type EncoderWishes = OpusWishes;

/** The longest payload of a frame. */
export const MAX_FRAME_BYTES = FRAME_SAMPLES;

const quietFrame = new Int16Array(FRAME_SAMPLES);
const nothing = (): void => undefined;
/** Of a codec that neither knows what was lost nor holds anything. */
const plain = { conceal: () => 0, expectLoss: nothing, close: nothing } as const;

/** Without a memory, so that all streams share one. */
function lawDecoder(law: "PCMU" | "PCMA"): AudioDecoder {
  const { decode } = g711[law];
  return {
    ...plain,
    decode(payload, target) {
      decode(payload, target);
      return payload.length;
    },
  };
}

function lawEncoder(law: "PCMU" | "PCMA"): AudioEncoder {
  const { encode, silence } = g711[law];
  return {
    ...plain,
    encode(samples, target, offset) {
      encode(samples, target, offset);
      return samples.length;
    },
    silence(target, offset) {
      target.fill(silence, offset, offset + FRAME_SAMPLES);
      return FRAME_SAMPLES;
    },
  };
}

const laws = {
  PCMU: { decoder: lawDecoder("PCMU"), encoder: lawEncoder("PCMU") },
  PCMA: { decoder: lawDecoder("PCMA"), encoder: lawEncoder("PCMA") },
} as const;

/** The samples that the 256 codes of a codec stand for, if there is no more to it than that. */
export const codeTable = (codec: AudioCodec): Int16Array | undefined => (codec === "PCMU" || codec === "PCMA" ? g711[codec].table : undefined);

/** For the beginning of a stream from a peer. To be closed. */
export function createDecoder(codec: AudioCodec): AudioDecoder {
  if (codec === "opus") return createOpusDecoder();
  return codec === "G722" ? { ...plain, ...createG722Decoder() } : laws[codec].decoder;
}

/** For the beginning of a stream to a peer. To be closed. */
export function createEncoder(codec: AudioCodec, wishes?: EncoderWishes): AudioEncoder {
  if (codec === "opus") return createOpusEncoder(wishes);
  if (codec !== "G722") return laws[codec].encoder;
  const { encode } = createG722Encoder();
  // Its memory goes on through silence, as the decoder's does.
  return { ...plain, encode, silence: (target, offset) => encode(quietFrame, target, offset) };
}
