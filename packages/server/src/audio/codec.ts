import { createG722Decoder, createG722Encoder } from "./g722.ts";
import { g711 } from "./g711.ts";
import { FRAME_SAMPLES } from "./source.ts";

/** What RTP can carry, by the names of RFC 3551 §6. All of it is 8 kHz to us. */
export type AudioCodec = "PCMU" | "PCMA" | "G722";

/** One direction of a stream; what it decodes is in the order it was sent in. */
export interface AudioDecoder {
  /** Writes the samples of one payload, of any length, into `target`; returns how many they are. */
  decode(payload: Uint8Array, target: Int16Array): number;
}

/** One direction of a stream. */
export interface AudioEncoder {
  /** Writes the payload of samples into `target` from `offset` on; returns how many octets it has. */
  encode(samples: Int16Array, target: Uint8Array, offset: number): number;
  /** The same of a frame without sound. */
  silence(target: Uint8Array, offset: number): number;
}

/** The longest payload of a frame. */
export const MAX_FRAME_BYTES = FRAME_SAMPLES;

const quietFrame = new Int16Array(FRAME_SAMPLES);

/** Without a memory, so that all streams share one. */
function lawDecoder(law: "PCMU" | "PCMA"): AudioDecoder {
  const { decode } = g711[law];
  return {
    decode(payload, target) {
      decode(payload, target);
      return payload.length;
    },
  };
}

function lawEncoder(law: "PCMU" | "PCMA"): AudioEncoder {
  const { encode, silence } = g711[law];
  return {
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

/** For the beginning of a stream from a peer. */
export const createDecoder = (codec: AudioCodec): AudioDecoder => (codec === "G722" ? createG722Decoder() : laws[codec].decoder);

/** For the beginning of a stream to a peer. */
export function createEncoder(codec: AudioCodec): AudioEncoder {
  if (codec !== "G722") return laws[codec].encoder;
  const { encode } = createG722Encoder();
  // Its memory goes on through silence, as the decoder's does.
  return { encode, silence: (target, offset) => encode(quietFrame, target, offset) };
}
