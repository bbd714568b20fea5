import type { AudioDecoder, AudioEncoder } from "./codec-streams.ts";
import { MOST_OPUS_SAMPLES, opusProgram } from "./opus-program.ts";
import { FRAME_SAMPLES, SAMPLE_RATE_HZ } from "./source.ts";

/**
 * Opus (RFC 6716) for audio of 8 kHz: coded as narrowband speech, and decoded to 8 kHz whatever the peer has coded, in
 * packets of any length (2.5 to 120 ms, with one frame or several). Each direction holds memory of the program until it
 * is closed.
 */

const MONO = 1;
/** From opus_defines.h. */
const APPLICATION_VOIP = 2048;
const SIGNAL_VOICE = 3001;
const Request = { bitrate: 4002, variableRate: 4006, complexity: 4010, inbandFec: 4012, packetLoss: 4014, signal: 4024 } as const;

/** RFC 7587 §3.1.1: from 8 to 12 kbit/s are enough for narrowband speech; with a little more, music and tones are clean. */
const BITRATE = 16_000;
/** What packets that tell of the one before as well need, or the encoder leaves that out. */
const BITRATE_WITH_FEC = 24_000;
/** RFC 7587 §6.1: what `maxaveragebitrate` may be at least. */
const LEAST_BITRATE = 6000;
/**
 * Of 0 to 10. For narrowband speech the steps above differ in how long the best one of nearly equal codes is looked for: twice
 * the work at 2 to 5, three times as much at 8 to 10.
 */
const COMPLEXITY = 1;
/** Below that concealment does. */
const LEAST_LOSS_PERCENT = 2;
/** Above that nothing makes up for what is lost. */
const MOST_LOSS_PERCENT = 30;
/** 2.5 ms: what is made up comes in multiples of it. */
const SHORTEST_SAMPLES = 20;

/** What the peer asked for in its description (RFC 7587 §6.1). */
export interface OpusWishes {
  /** bit/s. */
  readonly maxBitrate?: number;
  readonly constantBitrate?: boolean;
  /** It can make use of what a packet tells of the one before. */
  readonly inbandFec?: boolean;
}

/** States of codecs that this thread holds. */
export const opusStates = (): number => opusProgram().held.size;

export function createOpusEncoder({ maxBitrate = BITRATE_WITH_FEC, constantBitrate = false, inbandFec = false }: OpusWishes = {}): AudioEncoder {
  const program = opusProgram();
  const { functions } = program;
  const state = program.reserve(functions.opus_encoder_get_size(MONO));
  const set = (request: number, value: number) => functions.opus_encoder_ctl_set(state, request, value);
  functions.opus_encoder_init(state, SAMPLE_RATE_HZ, MONO, APPLICATION_VOIP);
  const spend = (bitrate: number) => set(Request.bitrate, Math.max(LEAST_BITRATE, Math.min(bitrate, maxBitrate)));
  spend(BITRATE);
  set(Request.complexity, COMPLEXITY);
  set(Request.signal, SIGNAL_VOICE);
  set(Request.variableRate, constantBitrate ? 0 : 1);
  set(Request.inbandFec, inbandFec ? 1 : 0);
  const quiet = new Int16Array(FRAME_SAMPLES);
  let open = true;

  const encode = (samples: Int16Array, target: Uint8Array, offset: number): number => {
    const room = Math.min(samples.length, target.length - offset);
    if (!open) return 0;
    program.pcm.set(samples);
    const bytes = program.run(({ opus_encode }) => opus_encode(state, program.pcmAt, samples.length, program.packetAt, room));
    if (bytes <= 0) return 0;
    target.set(program.packet.subarray(0, bytes), offset);
    return bytes;
  };

  return {
    encode,
    silence: (target, offset) => encode(quiet, target, offset),
    expectLoss(percent) {
      if (!open || !inbandFec) return;
      // Where next to nothing is lost, to tell everything twice would be for nothing.
      set(Request.packetLoss, percent < LEAST_LOSS_PERCENT ? 0 : Math.round(Math.min(MOST_LOSS_PERCENT, percent)));
      spend(percent < LEAST_LOSS_PERCENT ? BITRATE : BITRATE_WITH_FEC);
    },
    close() {
      if (open) program.release(state);
      open = false;
    },
  };
}

export function createOpusDecoder(): AudioDecoder {
  const program = opusProgram();
  const { functions } = program;
  const state = program.reserve(functions.opus_decoder_get_size(MONO));
  const begin = () => functions.opus_decoder_init(state, SAMPLE_RATE_HZ, MONO);
  begin();
  let open = true;

  /** Of 120 ms, or just as many samples as are `missing` before the packet. */
  const take = (payload: Uint8Array, target: Int16Array, samples: number, fec: 0 | 1): number => {
    if (!open || payload.length === 0 || payload.length > program.packet.length) return 0;
    program.packet.set(payload);
    const decoded = program.run(({ opus_decode }) => opus_decode(state, program.packetAt, payload.length, program.pcmAt, samples, fec));
    if (decoded < 0) return 0;
    const count = Math.min(decoded, target.length);
    // As with the other codecs the scale goes as far down as up: -32768 stands for "no sample" elsewhere.
    for (let index = 0; index < count; index++) target[index] = Math.max(-32_767, program.pcm[index] ?? 0);
    return count;
  };

  return {
    decode: (payload, target) => take(payload, target, MOST_OPUS_SAMPLES, 0),
    conceal(missing, next, target) {
      const whole = missing - (missing % SHORTEST_SAMPLES);
      return whole > 0 && whole <= MOST_OPUS_SAMPLES ? take(next, target, whole, 1) : 0;
    },
    close() {
      if (open) program.release(state);
      open = false;
    },
  };
}
