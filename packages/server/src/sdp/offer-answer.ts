import { serializeSdp, type Format, type Section } from "./serialize.ts";
import { jointDirection, type AudioCodec, type LocalMedia, type Negotiated, type SdpCodec, type SdpMedia, type SdpSession } from "./session.ts";

export type Answered =
  | { readonly ok: true; readonly answer: Uint8Array; readonly negotiated: Negotiated }
  | { readonly ok: false; readonly status: 488; readonly why: string };

export type Accepted = { readonly ok: true; readonly negotiated: Negotiated } | { readonly ok: false; readonly why: string };

const DEFAULT_PACKET_MS = 20;
/** Dynamic, and what nearly everyone uses for it. */
const TELEPHONE_EVENT_PAYLOAD_TYPE = 101;
const staticPayloadTypes = { PCMU: 0, PCMA: 8 } as const;
/** RFC 3389 §4, at 8 kHz: a number of its own. We offer none and send none, but take it from who offers it. */
const COMFORT_NOISE_PAYLOAD_TYPE = 13;
/** AVPF (RFC 4585) only adds feedback that may be left out. */
const protocols = new Set(["RTP/AVP", "RTP/AVPF"]);

/** Our offer: one audio stream (RFC 3264 §5). */
export function createOffer(local: LocalMedia): Uint8Array {
  const formats: readonly Format[] = [
    ...local.codecs.map((name) => ({ payloadType: staticPayloadTypes[name], name })),
    ...(local.telephoneEvent ? [{ payloadType: TELEPHONE_EVENT_PAYLOAD_TYPE, name: "telephone-event" } as const] : []),
  ];
  return serializeSdp(local, [{ accepted: true, protocol: "RTP/AVP", direction: local.direction, formats, rtcpMux: true }]);
}

/** Answers an offer: the first audio stream that can be used is taken, the others are refused (RFC 3264 §6). */
export function answerOffer(offer: SdpSession, local: LocalMedia): Answered {
  const found = firstUsable(offer.media, local);
  if (!found) return { ok: false, status: 488, why: whyUnusable(offer.media) };
  const { media, negotiated } = found;
  const formats: readonly Format[] = [
    { payloadType: negotiated.payloadType, name: negotiated.codec },
    ...(negotiated.telephoneEventPayloadType === undefined
      ? []
      : [{ payloadType: negotiated.telephoneEventPayloadType, name: "telephone-event" } as const]),
    ...(media.codecs.some(isComfortNoise) ? [{ payloadType: COMFORT_NOISE_PAYLOAD_TYPE, name: "CN" } as const] : []),
  ];
  // RFC 3264 §6: the answer has exactly as many m= lines as the offer, in the same order, and the offer's t= line.
  const sections: readonly Section[] = offer.media.map((one) =>
    one === media
      ? { accepted: true, protocol: one.protocol, direction: negotiated.direction, formats, rtcpMux: one.rtcpMux }
      : { accepted: false, type: one.type, protocol: one.protocol, formats: one.formats },
  );
  return { ok: true, answer: serializeSdp(local, sections, offer.timing), negotiated };
}

/** Takes the answer to what `createOffer(offered)` gave. */
export function acceptAnswer(offered: LocalMedia, answer: SdpSession): Accepted {
  const [media, ...others] = answer.media;
  if (!media || others.length > 0) return { ok: false, why: "The answer has not as many media lines as the offer." };
  const negotiated = negotiate(media, offered);
  return negotiated ? { ok: true, negotiated } : { ok: false, why: whyUnusable(answer.media) };
}

function firstUsable(all: readonly SdpMedia[], local: LocalMedia) {
  for (const media of all) {
    const negotiated = negotiate(media, local);
    if (negotiated) return { media, negotiated };
  }
  return undefined;
}

/** What both sides can do with one stream; the order of the peer's formats decides (RFC 3264 §6.1). */
function negotiate(media: SdpMedia, local: LocalMedia): Negotiated | undefined {
  if (!isAudio(media) || media.port === 0 || media.host === undefined) return undefined;
  const codec = firstCodec(media, local.codecs);
  if (!codec) return undefined;
  const event = media.codecs.find(({ name, rateHz }) => name === "TELEPHONE-EVENT" && rateHz === 8000);
  return {
    remote: { host: media.host, port: media.port },
    ...codec,
    ...(event && local.telephoneEvent ? { telephoneEventPayloadType: event.payloadType } : {}),
    direction: jointDirection(local.direction, media.direction),
    packetMs: media.packetMs ?? DEFAULT_PACKET_MS,
    ...rtcpTarget(media, media.host),
  };
}

/** RFC 5761 §5.1.1: without `a=rtcp-mux` of both sides RTCP goes where RFC 3605 says, or to the next port (RFC 3550 §11). */
function rtcpTarget(media: SdpMedia, host: string): Pick<Negotiated, "rtcp"> {
  if (media.rtcpMux) return { rtcp: "mux" };
  if (media.rtcp) return { rtcp: { host, ...media.rtcp } };
  return media.port < 65_535 ? { rtcp: { host, port: media.port + 1 } } : {};
}

const isComfortNoise = ({ payloadType, name, rateHz }: SdpCodec) =>
  payloadType === COMFORT_NOISE_PAYLOAD_TYPE && name === "CN" && rateHz === 8000;

const isAudio = (media: SdpMedia) => media.type === "audio" && protocols.has(media.protocol);

function firstCodec(media: SdpMedia, ours: readonly AudioCodec[]) {
  for (const { name, rateHz, channels, payloadType } of media.codecs) {
    const codec = ours.find((one) => one === name);
    if (codec && rateHz === 8000 && channels === 1) return { codec, payloadType };
  }
  return undefined;
}

function whyUnusable(all: readonly SdpMedia[]): string {
  const audio = all.filter(isAudio);
  if (audio.length === 0) return "There is no audio stream over RTP/AVP.";
  const open = audio.filter((media) => media.port !== 0);
  if (open.length === 0) return "Every audio stream is refused.";
  if (open.every((media) => media.host === undefined)) return "The audio stream has no address.";
  return "No audio codec in common: PCMU and PCMA are spoken here.";
}
