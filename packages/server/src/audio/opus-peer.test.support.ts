import { opusProgram } from "./opus-program.ts";

/** What other phones make of audio: Opus at any rate, of any packet length, with what its format allows for. */
export interface OpusPeer {
  /** One packet of the samples, which are interleaved. */
  encode(samples: Int16Array): Uint8Array;
  close(): void;
}

export interface OpusPeerOptions {
  readonly rateHz: 8000 | 12_000 | 16_000 | 24_000 | 48_000;
  readonly channels?: 1 | 2;
  readonly application?: "voip" | "audio" | "restricted_lowdelay";
  readonly bitrate?: number;
  readonly dtx?: boolean;
  /** In-band, for this loss in percent. */
  readonly fec?: number;
}

const applications = { voip: 2048, audio: 2049, restricted_lowdelay: 2051 } as const;
const MOST_SAMPLES = 2 * 5760;
const MOST_BYTES = 4000;

export function opusPeer({ rateHz, channels = 1, application = "voip", bitrate = 32_000, dtx = false, fec = 0 }: OpusPeerOptions): OpusPeer {
  const program = opusProgram();
  const { functions } = program;
  const reserved = [functions.opus_encoder_get_size(channels), 2 * MOST_SAMPLES, MOST_BYTES].map((bytes) => program.reserve(bytes));
  const [state = 0, pcm = 0, packet = 0] = reserved;
  functions.opus_encoder_init(state, rateHz, channels, applications[application]);
  const settings = [[4002, bitrate], [4016, dtx ? 1 : 0], [4012, fec > 0 ? 1 : 0], [4014, fec]] as const;
  for (const [request, value] of settings) functions.opus_encoder_ctl_set(state, request, value);
  return {
    encode(samples) {
      new Int16Array(functions.memory.buffer, pcm, samples.length).set(samples);
      const bytes = functions.opus_encode(state, pcm, samples.length / channels, packet, MOST_BYTES);
      if (bytes < 0) throw new Error(`The encoder refuses: ${bytes}.`);
      return new Uint8Array(functions.memory.buffer, packet, bytes).slice();
    },
    close() {
      for (const pointer of reserved) program.release(pointer);
    },
  };
}

/** A tone for an encoder of this rate. */
export function peerTone(frequencyHz: number, durationMs: number, rateHz: number, channels = 1): Int16Array {
  const samples = new Int16Array((rateHz / 1000) * durationMs * channels);
  for (let index = 0; index < samples.length; index++) samples[index] = 8000 * Math.sin((2 * Math.PI * frequencyHz * Math.floor(index / channels)) / rateHz);
  return samples;
}
