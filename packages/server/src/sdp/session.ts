import type { RtcpBandwidth } from "./rtcp-bandwidth.ts";
import type { CryptoKey, CryptoSuite, SdpCrypto } from "./crypto.ts";
import type { LocalDtls, NegotiatedDtls, SdpDtls } from "./dtls.ts";

/** Data that offer/answer is computed from. All of it is plain and read-only. */

export type Direction = "sendrecv" | "sendonly" | "recvonly" | "inactive";
/**
 * By their names in RFC 3551 §6 and RFC 7587 §7. The RTP clock runs at 8000 Hz: of G722, too, which is sampled at 16 000
 * (RFC 3551 §4.5.2); that of opus at 48 000.
 */
export type AudioCodec = "PCMU" | "PCMA" | "G722" | "opus";

/** A session description as far as we use it (RFC 8866), checked. */
export interface SdpSession {
  readonly origin: { readonly username: string; readonly sessionId: string; readonly sessionVersion: string };
  /** The two numbers of the `t=` line. */
  readonly timing: string;
  /** One entry for each `m=` line, in their order. */
  readonly media: readonly SdpMedia[];
}

export interface SdpMedia {
  readonly type: string;
  /** 0: refused, or given up. */
  readonly port: number;
  readonly protocol: string;
  /** The formats of the `m=` line, as far as they are tokens. */
  readonly formats: readonly string[];
  /** The address of its own `c=` line or the session's; absent when there is none that can be sent to. */
  readonly host?: string;
  readonly direction: Direction;
  /** The RTP formats, in the order of preference. */
  readonly codecs: readonly SdpCodec[];
  /** `a=ptime`, bounded by `a=maxptime`. */
  readonly packetMs?: number;
  /** RTCP may come to the port of RTP (RFC 5761). */
  readonly rtcpMux: boolean;
  /** Where `a=rtcp` (RFC 3605) wants RTCP; without an address of its own, at `host`. */
  readonly rtcp?: { readonly port: number; readonly host?: string };
  /** What RTCP may take, where the peer says so (RFC 3556). */
  readonly rtcpBandwidth?: RtcpBandwidth;
  /** The keys for SRTP that can be used, in the order of preference (RFC 4568). */
  readonly crypto: readonly SdpCrypto[];
  /** Whose certificate its keys can be agreed on with (RFC 5763). */
  readonly dtls?: SdpDtls;
}

export interface SdpCodec {
  readonly payloadType: number;
  /** Upper case. */
  readonly name: string;
  readonly rateHz: number;
  readonly channels: number;
  /** The text of its `a=fmtp`. */
  readonly parameters?: string;
}

/** What the peer asks an encoder of ours for (RFC 7587 §6.1). */
export interface EncoderWishes {
  /** bit/s, on average. */
  readonly maxBitrate?: number;
  readonly constantBitrate?: boolean;
  /** It can make use of what a packet tells of the one before. */
  readonly inbandFec?: boolean;
}

/** Our side of a session: what we offer, or what we are ready to answer with. */
export interface LocalMedia {
  /** The address and port where we receive RTP. */
  readonly host: string;
  readonly port: number;
  /** In the order of preference: how they are offered, and see `answerOffer`. */
  readonly codecs: readonly AudioCodec[];
  /** Whether RFC 4733 digits are taken. */
  readonly telephoneEvent: boolean;
  readonly direction: Direction;
  /** `o=`: both decimal numbers. The id stays for the whole dialog, the version grows by one with each change. */
  readonly sessionId: string | number;
  readonly sessionVersion: string | number;
  /** How SRTP is done; absent: there is plain RTP only. */
  readonly security?: LocalSecurity;
  /** An offer of ours asks for SRTP, by this protocol: the one that was agreed on, RTP/SAVP to begin with. */
  readonly secured?: string | undefined;
}

export interface LocalSecurity {
  /** Ours, each random and for this session alone; in the order of preference. */
  readonly keys: readonly CryptoKey[];
  /** Nothing is agreed on in the clear. */
  readonly required: boolean;
  /** Keys can be agreed on by DTLS; absent: only by SDP. */
  readonly dtls?: LocalDtls;
}

/** What both sides agreed on, seen from ours: ready for the media session. */
export interface Negotiated {
  readonly remote: { readonly host: string; readonly port: number };
  readonly codec: AudioCodec;
  readonly payloadType: number;
  /** Absent: the codec has nothing to be asked for. */
  readonly wishes?: EncoderWishes;
  /** Absent: the peer does not take RFC 4733 digits. */
  readonly telephoneEventPayloadType?: number;
  /** What their durations count by, where that is not the clock of the codec. */
  readonly telephoneEventRateHz?: number;
  /** What the peer may send besides: whatever else its answer has, and under the numbers of our offer. */
  readonly besides?: readonly ReceivedFormat[];
  readonly direction: Direction;
  /** How much audio the peer wants in a packet. */
  readonly packetMs: number;
  /** Where the peer takes RTCP: `mux` is wherever RTP goes. Absent: nowhere. */
  readonly rtcp?: "mux" | { readonly host: string; readonly port: number };
  /** As the `m=` line has it, where that is not RTP/AVP. */
  readonly protocol?: string;
  /** The keys of SRTP: ours to send with, the peer's to receive with. Absent, without `dtls`: it is plain RTP. */
  readonly security?: { readonly profile: CryptoSuite; readonly send: Uint8Array; readonly receive: Uint8Array };
  /** The keys of SRTP come from a handshake with this peer. */
  readonly dtls?: NegotiatedDtls;
}

/** A codec that the peer may send, and the events beside it. */
export type ReceivedFormat = Pick<Negotiated, "codec" | "payloadType" | "telephoneEventPayloadType" | "telephoneEventRateHz">;

const sends = (direction: Direction) => direction === "sendrecv" || direction === "sendonly";
const receives = (direction: Direction) => direction === "sendrecv" || direction === "recvonly";

/** What is left of our direction when the peer's (from its own view) is `theirs` (RFC 3264 §6.1). */
export function jointDirection(ours: Direction, theirs: Direction): Direction {
  const send = sends(ours) && receives(theirs);
  const receive = receives(ours) && sends(theirs);
  if (send) return receive ? "sendrecv" : "sendonly";
  return receive ? "recvonly" : "inactive";
}

/** Our direction while an offer of ours waits for its answer: what comes of it may be here first (RFC 3264 §5.1). */
export function offeredDirection(now: Direction, offered: Direction): Direction {
  if (!receives(offered)) return now;
  return sends(now) ? "sendrecv" : "recvonly";
}
