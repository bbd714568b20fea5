import type { AudioCodec } from "../audio/index.ts";
import type { MediaParameters, ReceivedFormat } from "./engine.ts";
import { clockRateHz } from "./rtp-clock.ts";

/** RFC 3389 §4: its number at 8 kHz. Some gateways send it without having said so. */
const COMFORT_NOISE = 13;
const COMFORT_NOISE_RATE_HZ = 8000;

type Agreement = MediaParameters | undefined;

/**
 * The audio that the peer sends under this number, by what is agreed on or else by the `former` agreement. Where one number
 * stands for two things, what is sent to the peer is meant.
 */
export function audioFormatOf(parameters: MediaParameters, former: Agreement, payloadType: number): ReceivedFormat | undefined {
  if (payloadType === parameters.payloadType) return parameters;
  if (payloadType === parameters.telephoneEventPayloadType) return undefined;
  const found = parameters.besides?.find((format) => format.payloadType === payloadType);
  return found ?? (former && audioFormatOf(former, undefined, payloadType));
}

/** The events that it sends under this number. Those of several codecs may have one: a key belongs to what is being sent. */
export function eventFormatOf(parameters: MediaParameters, former: Agreement, payloadType: number, codec: AudioCodec): ReceivedFormat | undefined {
  const isMain = payloadType === parameters.telephoneEventPayloadType;
  if (isMain && codec === parameters.codec) return parameters;
  const isOfNumber = (format: ReceivedFormat): boolean => format.telephoneEventPayloadType === payloadType;
  const own = parameters.besides?.find((format) => isOfNumber(format) && format.codec === codec);
  const found = own ?? (isMain ? parameters : parameters.besides?.find(isOfNumber));
  return found ?? (former && eventFormatOf(former, undefined, payloadType, codec));
}

/** Whether the peer may send this at all. */
export const isAgreed = (parameters: MediaParameters, former: Agreement, payloadType: number, codec: AudioCodec): boolean =>
  audioFormatOf(parameters, former, payloadType) !== undefined || eventFormatOf(parameters, former, payloadType, codec) !== undefined || isNoise(payloadType, codec);

const isNoise = (payloadType: number, codec: AudioCodec): boolean => payloadType === COMFORT_NOISE && clockRateHz(codec) === COMFORT_NOISE_RATE_HZ;

export const eventRateHz = ({ codec, telephoneEventRateHz }: ReceivedFormat): number => telephoneEventRateHz ?? clockRateHz(codec);

export const isSameFormat = (one: ReceivedFormat, other: ReceivedFormat): boolean =>
  one.codec === other.codec && one.payloadType === other.payloadType && one.telephoneEventPayloadType === other.telephoneEventPayloadType;
