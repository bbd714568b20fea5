import { audioFormat, clockOf, comfortNoise, eventFormat, eventsBeside, isCodec, offeredFormats, offeredNumbers, wishesOf } from "./formats.ts";
import { offeredCrypto } from "./crypto.ts";
import { DTLS_PROTOCOLS, setupFor } from "./dtls.ts";
import { sendsRtcp } from "./rtcp-bandwidth.ts";
import { acceptedProtection, answeredProtection, isSpoken, whyUnprotected, type Protection } from "./secure.ts";
import { serializeSdp, type Format, type Section } from "./serialize.ts";
import { jointDirection, type AudioCodec, type LocalMedia, type Negotiated, type ReceivedFormat, type SdpCodec, type SdpMedia, type SdpSession } from "./session.ts";

export type Answered =
  | { readonly ok: true; readonly answer: Uint8Array; readonly negotiated: Negotiated }
  | { readonly ok: false; readonly status: 488; readonly why: string };

export type Accepted = { readonly ok: true; readonly negotiated: Negotiated } | { readonly ok: false; readonly why: string };

const DEFAULT_PACKET_MS = 20;

/** Our offer: one audio stream (RFC 3264 §5). */
export function createOffer(local: LocalMedia): Uint8Array {
  const { direction, secured, security } = local;
  const formats = offeredFormats(local);
  const byDtls = secured !== undefined && DTLS_PROTOCOLS.has(secured);
  const crypto = secured === undefined || byDtls || !security ? [] : offeredCrypto(security.keys);
  // RFC 5763 §5: an offer leaves it to the peer who begins.
  const dtls = byDtls && security?.dtls ? ({ fingerprint: security.dtls.fingerprint, setup: "actpass" } as const) : undefined;
  return serializeSdp(local, [{ accepted: true, protocol: secured ?? "RTP/AVP", direction, formats, rtcpMux: true, crypto, dtls }]);
}

/**
 * Answers an offer: the first audio stream that can be used is taken, an encrypted one before others, and the rest is
 * refused (RFC 3264 §6). Of its codecs our order decides, but between the laws of G.711 the peer's.
 */
export function answerOffer(offer: SdpSession, local: LocalMedia): Answered {
  const found = firstUsable(offer.media, local);
  if (!found) return { ok: false, status: 488, why: whyUnusable(offer.media, local) };
  const { media, negotiated, protection } = found;
  const crypto = "crypto" in protection ? [protection.crypto] : [];
  const dtls = negotiated.dtls && local.security?.dtls ? { fingerprint: local.security.dtls.fingerprint, setup: setupFor(negotiated.dtls.role) } : undefined;
  const formats = answeredFormats(media, negotiated);
  // RFC 3264 §6: the answer has exactly as many m= lines as the offer, in the same order, and the offer's t= line.
  const sections: readonly Section[] = offer.media.map((one) =>
    one === media
      ? { accepted: true, protocol: one.protocol, direction: negotiated.direction, formats, rtcpMux: one.rtcpMux, crypto, dtls }
      : { accepted: false, type: one.type, protocol: one.protocol, formats: one.formats },
  );
  return { ok: true, answer: serializeSdp(local, sections, offer.timing), negotiated };
}

function answeredFormats({ codecs }: SdpMedia, { codec, payloadType, telephoneEventPayloadType, telephoneEventRateHz }: Negotiated): readonly Format[] {
  const events = telephoneEventPayloadType === undefined ? [] : [eventFormat(telephoneEventPayloadType, telephoneEventRateHz ?? clockOf(codec))];
  return [audioFormat(codec, payloadType), ...events, ...comfortNoise(codec, codecs)];
}

/** Takes the answer to what `createOffer(offered)` gave. */
export function acceptAnswer(offered: LocalMedia, answer: SdpSession): Accepted {
  const [media, ...others] = answer.media;
  if (!media || others.length > 0) return { ok: false, why: "The answer has not as many media lines as the offer." };
  // RFC 3264 §7: what the answer names first is what should be sent.
  const negotiated = negotiate(media, offered, usable(media, offered.codecs)[0], acceptedProtection(media, offered));
  if (!negotiated) return { ok: false, why: whyUnusable(answer.media, offered) };
  const more = besides(media, offered, negotiated);
  return { ok: true, negotiated: more.length > 0 ? { ...negotiated, besides: more } : negotiated };
}

/**
 * RFC 3264 §6.1, §7: we send what the answer names first; the peer sends what comes first in our offer of all that its answer
 * has, or any other of it. An answer should keep the numbers of the offer. Where it does not, each side sends under the
 * other's (§5.1), or it was meant otherwise.
 */
function besides(media: SdpMedia, offered: LocalMedia, chosen: Negotiated): readonly ReceivedFormat[] {
  const all: ReceivedFormat[] = [chosen];
  for (const { codec, payloadType } of usable(media, offered.codecs)) {
    const event = offered.telephoneEvent ? eventsBeside(codec, media.codecs) : undefined;
    const ours = offeredNumbers(codec, event?.rateHz);
    const numbers = [[ours.payloadType, ours.eventPayloadType], [payloadType, event?.payloadType]] as const;
    for (const [audioType, eventType] of numbers) {
      const format = { codec, payloadType: audioType, ...(event && withEvents(codec, { ...event, payloadType: eventType ?? event.payloadType })) };
      if (!all.some((one) => isSameFormat(one, format))) all.push(format);
    }
  }
  return all.slice(1);
}

const isSameFormat = (one: ReceivedFormat, other: ReceivedFormat): boolean =>
  one.codec === other.codec && one.payloadType === other.payloadType && one.telephoneEventPayloadType === other.telephoneEventPayloadType;

const withEvents = (codec: AudioCodec, { payloadType, rateHz }: Pick<SdpCodec, "payloadType" | "rateHz">) => ({
  telephoneEventPayloadType: payloadType,
  ...(rateHz !== clockOf(codec) && { telephoneEventRateHz: rateHz }),
});

function firstUsable(all: readonly SdpMedia[], local: LocalMedia) {
  const usable = all.flatMap((media) => {
    const protection = answeredProtection(media, local);
    const negotiated = negotiate(media, local, ourChoice(media, local.codecs), protection);
    return negotiated && protection ? [{ media, negotiated, protection }] : [];
  });
  return usable.find(({ protection }) => protection.secure) ?? usable[0];
}

/** What both sides can do with one stream, whose codec has been chosen. */
function negotiate(media: SdpMedia, local: LocalMedia, codec: Usable | undefined, protection: Protection | undefined): Negotiated | undefined {
  if (!isAudio(media) || media.port === 0 || media.host === undefined || !codec || !protection) return undefined;
  const event = local.telephoneEvent ? eventsBeside(codec.codec, media.codecs) : undefined;
  const direction = jointDirection(local.direction, media.direction);
  return {
    remote: { host: media.host, port: media.port },
    ...codec,
    ...(event && withEvents(codec.codec, event)),
    direction,
    packetMs: media.packetMs ?? DEFAULT_PACKET_MS,
    ...(sendsRtcp(media.rtcpBandwidth, direction === "sendrecv" || direction === "sendonly") && rtcpTarget(media, media.host)),
    ...(media.protocol !== "RTP/AVP" && { protocol: media.protocol }),
    ...("security" in protection && { security: protection.security }),
    ...("dtls" in protection && { dtls: protection.dtls }),
  };
}

/** RFC 5761 §5.1.1: without `a=rtcp-mux` of both sides RTCP goes where RFC 3605 says, or to the next port (RFC 3550 §11). */
function rtcpTarget(media: SdpMedia, host: string): Pick<Negotiated, "rtcp"> {
  if (media.rtcpMux) return { rtcp: "mux" };
  if (media.rtcp) return { rtcp: { host, ...media.rtcp } };
  return media.port < 65_535 ? { rtcp: { host, port: media.port + 1 } } : {};
}

const isAudio = (media: SdpMedia) => media.type === "audio" && isSpoken(media);

type Usable = Pick<Negotiated, "codec" | "payloadType" | "wishes">;

/** What we have of the peer's codecs, in its order. */
function usable(media: SdpMedia, ours: readonly AudioCodec[]): readonly Usable[] {
  return media.codecs.flatMap((format) => {
    const codec = ours.find((one) => isCodec(format, one));
    const wishes = wishesOf(format);
    return codec ? [{ codec, payloadType: format.payloadType, ...(wishes && { wishes }) }] : [];
  });
}

const isLaw = (codec: AudioCodec) => codec === "PCMU" || codec === "PCMA";

/**
 * Deviation: RFC 3264 §6.1 recommends the order of the peer's formats, unless there is a reason of one's own. Ours is that
 * we mix and record at 8 kHz: a codec that we do not prefer to G.711 costs work and makes nothing better. One law of
 * G.711 is as good as the other, so that between them the peer's order stands.
 */
function ourChoice(media: SdpMedia, ours: readonly AudioCodec[]): Usable | undefined {
  const rank = ({ codec }: Usable) => ours.findIndex((one) => one === codec || (isLaw(one) && isLaw(codec)));
  return usable(media, ours).toSorted((one, other) => rank(one) - rank(other))[0];
}

function whyUnusable(all: readonly SdpMedia[], local: LocalMedia): string {
  const audio = all.filter(isAudio);
  if (audio.length === 0) return "There is no audio stream over RTP/AVP or RTP/SAVP.";
  const open = audio.filter((media) => media.port !== 0);
  if (open.length === 0) return "Every audio stream is refused.";
  if (open.every((media) => media.host === undefined)) return "The audio stream has no address.";
  return whyUnprotected(open, local) ?? `No audio codec in common: here it is ${local.codecs.join(", ")}.`;
}
