import type { AudioCodec } from "../audio/index.ts";
import type { MediaParameters, ReceivedFormat } from "./engine.ts";
import { clockRateHz } from "./rtp-clock.ts";

/** RFC 3389 §4: its number at 8 kHz. Some gateways send it without having said so. */
const COMFORT_NOISE = 13;
const COMFORT_NOISE_RATE_HZ = 8000;

/** The audio that the peer sends under this number. Where one number stands for two things, what is sent to it is meant. */
export function audioFormatOf(parameters: MediaParameters, payloadType: number): ReceivedFormat | undefined {
  if (payloadType === parameters.payloadType) return parameters;
  if (payloadType === parameters.telephoneEventPayloadType) return undefined;
  return parameters.besides?.find((format) => format.payloadType === payloadType);
}

/** The events that the peer sends under this number. Those of several codecs may have one: a key belongs to what is being sent. */
export function eventFormatOf(parameters: MediaParameters, payloadType: number, codec: AudioCodec | undefined): ReceivedFormat | undefined {
  const { besides } = parameters;
  const isMain = payloadType === parameters.telephoneEventPayloadType;
  if (!besides || (isMain && codec === parameters.codec)) return isMain ? parameters : undefined;
  const isOfNumber = (format: ReceivedFormat): boolean => format.telephoneEventPayloadType === payloadType;
  return besides.find((format) => isOfNumber(format) && format.codec === codec) ?? (isMain ? parameters : besides.find(isOfNumber));
}

export const eventRateHz = ({ codec, telephoneEventRateHz }: ReceivedFormat): number => telephoneEventRateHz ?? clockRateHz(codec);

/** Whether this number is that of noise in pauses of the codec. */
export const isNoise = (payloadType: number, codec: AudioCodec): boolean => payloadType === COMFORT_NOISE && clockRateHz(codec) === COMFORT_NOISE_RATE_HZ;

export const isSameFormat = (one: ReceivedFormat, other: ReceivedFormat): boolean =>
  one.codec === other.codec && one.payloadType === other.payloadType && one.telephoneEventPayloadType === other.telephoneEventPayloadType;
