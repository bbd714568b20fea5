import type { Format } from "./serialize.ts";
import type { AudioCodec, EncoderWishes, LocalMedia, SdpCodec } from "./session.ts";

/** A codec as descriptions name it. */
interface Described {
  /** In offers of ours; who offers to us chooses its own. */
  readonly payloadType: number;
  readonly rateHz: number;
  readonly channels: number;
  /** `a=fmtp`. */
  readonly parameters?: string;
}

/**
 * Numbers and clocks as in RFC 3551 §6; that of Opus is dynamic, and the one that browsers use. RFC 7587 §7: Opus has a
 * clock of 48 kHz and two channels by name, whatever is spoken. §6.1: who knows that only 8 kHz are heard and said here
 * spends no bits and no work on more. FEC is made use of; stereo and DTX are not asked for, which needs no word.
 */
const described: Readonly<Record<AudioCodec, Described>> = {
  PCMU: { payloadType: 0, rateHz: 8000, channels: 1 },
  PCMA: { payloadType: 8, rateHz: 8000, channels: 1 },
  G722: { payloadType: 9, rateHz: 8000, channels: 1 },
  opus: { payloadType: 111, rateHz: 48_000, channels: 2, parameters: "maxplaybackrate=8000;sprop-maxcapturerate=8000;useinbandfec=1" },
};

/** What nearly everyone uses for it, at each clock. */
const eventPayloadTypes: Readonly<Record<number, number>> = { 8000: 101, 48_000: 110 };
const PLAIN_RATE_HZ = 8000;
/** RFC 3389 §4, at 8 kHz: a number of its own. We offer none and send none, but take it from who offers it. */
const COMFORT_NOISE_PAYLOAD_TYPE = 13;

export const clockOf = (codec: AudioCodec): number => described[codec].rateHz;

export const audioFormat = (codec: AudioCodec, payloadType = described[codec].payloadType): Format => ({ ...described[codec], name: codec, payloadType });

/** RFC 4733 §2.4.1: events 0 to 15 are the sixteen keys of DTMF. */
export const eventFormat = (payloadType: number, rateHz: number): Format => ({ payloadType, name: "telephone-event", rateHz, channels: 1, parameters: "0-15" });

/** All that we can do. RFC 4733 §2.1: events go by the clock of the audio they are part of, so there is one for each clock. */
export function offeredFormats({ codecs, telephoneEvent }: LocalMedia): readonly Format[] {
  const rates = telephoneEvent ? [...new Set(codecs.map(clockOf))].sort((one, other) => one - other) : [];
  return [...codecs.map((codec) => audioFormat(codec)), ...rates.map((rateHz) => eventFormat(eventPayloadTypes[rateHz] ?? 101, rateHz))];
}

/** What an offer of ours called a codec and the events beside it. */
export const offeredNumbers = (codec: AudioCodec, eventRateHz = clockOf(codec)) => ({ payloadType: described[codec].payloadType, eventPayloadType: eventPayloadTypes[eventRateHz] });

/** Whether a format of the peer is this codec of ours. */
export const isCodec = ({ name, rateHz, channels }: SdpCodec, codec: AudioCodec): boolean =>
  name === codec.toUpperCase() && rateHz === described[codec].rateHz && channels === described[codec].channels;

/**
 * The peer's events beside a codec. Deviation: RFC 4733 §2.1 wants them to go by the clock of the audio. Phones that offer
 * Opus and know events of 8 kHz alone send them all the same, with the time of the stream and durations of 8 kHz.
 */
export function eventsBeside(codec: AudioCodec, formats: readonly SdpCodec[]): SdpCodec | undefined {
  const events = formats.filter(({ name }) => name === "TELEPHONE-EVENT");
  return events.find(({ rateHz }) => rateHz === clockOf(codec)) ?? events.find(({ rateHz }) => rateHz === PLAIN_RATE_HZ);
}

/** RFC 3389 §4: noise at 8 kHz fills pauses of codecs with that clock; Opus has its own way. */
export const comfortNoise = (codec: AudioCodec, formats: readonly SdpCodec[]): readonly Format[] =>
  clockOf(codec) === PLAIN_RATE_HZ && formats.some(({ payloadType, name, rateHz }) => payloadType === COMFORT_NOISE_PAYLOAD_TYPE && name === "CN" && rateHz === PLAIN_RATE_HZ)
    ? [{ payloadType: COMFORT_NOISE_PAYLOAD_TYPE, name: "CN", rateHz: PLAIN_RATE_HZ, channels: 1 }]
    : [];

/** RFC 7587 §6.1: what the peer asks for in `a=fmtp`. What makes no sense is not asked for. */
export function wishesOf({ name, parameters = "" }: SdpCodec): EncoderWishes | undefined {
  if (name !== "OPUS") return undefined;
  const told = new Map(parameters.split(";").map((one) => {
    const [key = "", value = ""] = one.split("=", 2);
    return [key.trim().toLowerCase(), value.trim()] as const;
  }));
  const bitrate = Number(told.get("maxaveragebitrate"));
  return {
    ...(Number.isInteger(bitrate) && bitrate > 0 && { maxBitrate: bitrate }),
    ...(told.get("cbr") === "1" && { constantBitrate: true }),
    ...(told.get("useinbandfec") === "1" && { inbandFec: true }),
  };
}
