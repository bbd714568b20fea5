import { isIP, isIPv6 } from "node:net";
import type { Ids } from "../base/index.ts";
import type { AudioCodec, MediaSession } from "../media/index.ts";
import { acceptAnswer, answerOffer, createOffer, parseSdp, type LocalMedia, type Negotiated, type SdpSession } from "../sdp/index.ts";
import { contentOf, toldHost, type Body, type SipRequest, type SipResponse } from "../sip/index.ts";
import type { Encryption } from "./encryption.ts";

const SDP = "application/sdp";

/** A description of ours that waits for an answer. */
export interface Offer {
  readonly local: LocalMedia;
  readonly description: Uint8Array;
}

/** Our description as the peer has it, and what it came to with the peer's. */
export interface Settled extends Offer {
  readonly negotiated: Negotiated;
}

export interface LocalMediaOptions {
  readonly ids: Ids;
  /** The address peers send RTP to, where it is not the one the session is bound to. */
  readonly mediaHost?: string;
  /** In the order of preference; unless told, G.711 and behind it what costs more. */
  readonly codecs?: readonly AudioCodec[];
  /** Whether media is SRTP; absent: never. */
  readonly encryption?: Encryption;
}

const CODECS = ["PCMU", "PCMA", "G722", "opus"] as const;

/** What we can do in a new session, for somebody at the address `peer`: its codecs and RFC 4733 digits. */
export function localMedia(session: MediaSession, { ids, mediaHost, codecs = CODECS }: LocalMediaOptions, peer: string): LocalMedia {
  return {
    host: toldHost(mediaHost, session.local.host, peer),
    port: session.local.port,
    codecs,
    telephoneEvent: true,
    direction: "sendrecv",
    sessionId: ids.integer(2 ** 31),
    sessionVersion: 1,
  };
}

/**
 * Whom media goes to and comes from: the sender of the offer, unless its audio is of the other family. Undefined: the
 * session cannot reach an address of that family.
 */
export function mediaPeer(session: MediaSession, sender: string, offer: SdpSession | undefined): string | undefined {
  const asked = offer?.media.find(({ type, port, host }) => type === "audio" && port !== 0 && host !== undefined)?.host;
  if (asked === undefined || isNowhere(asked)) return sender;
  const { host } = session.local;
  if (isIP(asked) === 4 ? isIPv6(host) && host !== "::" : !isIPv6(host)) return undefined;
  return isIP(asked) === isIP(sender) ? sender : asked;
}

/** RFC 3264 §8.4: who is on hold may give no address at all. */
const isNowhere = (host: string) => host === "0.0.0.0" || host === "::";

export const sdpBody = (bytes: Uint8Array): Body => ({ type: SDP, bytes });

export type Described =
  | { readonly kind: "description"; readonly session: SdpSession }
  | { readonly kind: "none" }
  | { readonly kind: "wrong"; readonly status: 415 | 488; readonly why: string };

/** The session description in a message's body. */
export function describedBy(message: SipRequest | SipResponse): Described {
  if (message.body.length === 0) return { kind: "none" };
  const content = contentOf(message, SDP);
  if (!content) return { kind: "wrong", status: 415, why: `Only ${SDP} is understood.` };
  const parsed = parseSdp(content);
  return parsed.ok ? { kind: "description", session: parsed.session } : { kind: "wrong", status: 488, why: parsed.why };
}

/** Answers an offer. `before` is what the peer had from us until now. */
export function settle(offer: SdpSession, local: LocalMedia, before?: Uint8Array): Settled | { readonly why: string } {
  const answered = answerOffer(offer, local);
  if (!answered.ok) return { why: answered.why };
  // RFC 3264 §8: the version stays exactly as long as the description does.
  if (before && Buffer.compare(before, answered.answer) !== 0) return settle(offer, nextVersion(local));
  return { local, description: answered.answer, negotiated: answered.negotiated };
}

/** Everything we can do, as an offer. `before` is what the peer had from us until now. */
export function offerOf(local: LocalMedia, before?: Uint8Array): Offer {
  const description = createOffer(local);
  return before && Buffer.compare(before, description) !== 0 ? offerOf(nextVersion(local)) : { local, description };
}

/** What came of an offer of ours by the answer in `message`; `undefined` when there is none that can be used. */
export function settleOffer(offer: Offer, message: SipRequest | SipResponse): Settled | undefined {
  const answer = describedBy(message);
  const accepted = answer.kind === "description" ? acceptAnswer(offer.local, answer.session) : undefined;
  return accepted?.ok ? { ...offer, negotiated: accepted.negotiated } : undefined;
}

export const nextVersion = (local: LocalMedia): LocalMedia => ({
  ...local,
  sessionVersion: Number(local.sessionVersion) + 1,
});
