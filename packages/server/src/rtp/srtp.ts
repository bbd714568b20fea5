import { RTP_HEADER_BYTES, u16, u32 } from "./packet.ts";
import { counterModeTransform } from "./srtp-cm.ts";
import { gcmTransform } from "./srtp-gcm.ts";
import { replayWindow, type ReplayWindow } from "./srtp-index.ts";
import { sessionKeys } from "./srtp-keys.ts";
import { srtpProfiles, type SrtpProfile } from "./srtp-profile.ts";
import { CONTROL_HEADER_BYTES, type SrtpTransform } from "./srtp-transform.ts";

/** Protects what is sent. `undefined`: it is no packet, was sent before, or the key has protected all it may (RFC 3711 §9.2). */
export interface SrtpSender {
  /** What is returned is valid until four more packets were protected. */
  protect(rtp: Uint8Array): Uint8Array | undefined;
  protectControl(rtcp: Uint8Array): Uint8Array | undefined;
}

/** Opens what comes. `undefined`: it is not authentic, came before, or is too old. Never throws. */
export interface SrtpReceiver {
  /** What is returned is valid until the next packet is opened, by whichever receiver of the thread. */
  open(srtp: Uint8Array): Uint8Array | undefined;
  openControl(srtcp: Uint8Array): Uint8Array | undefined;
}

/** No datagram of ours or of a peer in its senses is longer. */
const MOST_BYTES = 2048;
/** Sources that one key may have: who restarts its stream is another one. */
const MOST_SOURCES = 64;
const BUFFERS = 4;
const BUFFER_BYTES = 256;
const opened = new Uint8Array(MOST_BYTES);

/** `keyAndSalt` are the master key and the master salt. Fails with `media_failed` if they are too short or too long. */
export function createSrtpSender(profile: SrtpProfile, keyAndSalt: Uint8Array): SrtpSender {
  const transform = transformOf(profile, keyAndSalt);
  const packets = sources("rtp");
  const controls = new Map<number, number>();
  const buffers = Array.from({ length: BUFFERS }, () => new Uint8Array(BUFFER_BYTES));
  let turn = 0;
  const buffer = (bytes: number): Uint8Array => {
    turn = (turn + 1) % BUFFERS;
    const spare = buffers[turn];
    if (spare && spare.length >= bytes) return spare;
    return (buffers[turn] = new Uint8Array(bytes));
  };
  return {
    protect(rtp) {
      const payloadAt = payloadOf(rtp);
      const ssrc = u32(rtp, 8);
      const window = packets.get(ssrc);
      const index = window?.indexOf(u16(rtp, 2)) ?? -1;
      // RFC 3711 §9.1: one key stream over two packets gives both away.
      if (payloadAt < 0 || !window?.isNew(index)) return undefined;
      packets.keep(ssrc, window);
      window.take(index);
      const into = buffer(rtp.length + transform.overhead);
      return into.subarray(0, transform.seal(rtp, payloadAt, ssrc, index, into));
    },
    protectControl(rtcp) {
      const ssrc = u32(rtcp, 4);
      // RFC 3711 §3.4: it begins with zero, and is one more with each packet, modulo 2^31, where the key has to go.
      const index = controls.get(ssrc) ?? 0;
      if (rtcp.length < CONTROL_HEADER_BYTES || index >= 2 ** 31) return undefined;
      controls.set(ssrc, index + 1);
      const into = new Uint8Array(rtcp.length + transform.overhead);
      return into.subarray(0, transform.sealControl(rtcp, ssrc, index, into));
    },
  };
}

/** `keyAndSalt` as for `createSrtpSender`. */
export function createSrtpReceiver(profile: SrtpProfile, keyAndSalt: Uint8Array): SrtpReceiver {
  const transform = transformOf(profile, keyAndSalt);
  const packets = sources("rtp");
  const controls = sources("rtcp");
  return {
    open(srtp) {
      const payloadAt = payloadOf(srtp);
      if (payloadAt < 0) return undefined;
      const ssrc = u32(srtp, 8);
      const window = packets.get(ssrc);
      if (!window) return undefined;
      const sequence = u16(srtp, 2);
      // Who joins late, as whoever waits for an answer does, may have missed that the numbers have begun anew.
      const cycles = sequence >= 0x8000 || packets.isKnown(ssrc) ? 1 : 2;
      for (let cycle = 0; cycle < cycles; cycle++) {
        const index = window.indexOf(sequence, cycle);
        // RFC 3711 §3.3 step 5: whether it came before is asked before the work of authenticating it.
        const length = window.isNew(index) ? transform.open(srtp, payloadAt, ssrc, index, opened) : -1;
        if (length < 0) continue;
        packets.keep(ssrc, window);
        window.take(index);
        return opened.subarray(0, length);
      }
      return undefined;
    },
    openControl(srtcp) {
      const indexAt = transform.controlIndexAt(srtcp);
      if (srtcp.length > MOST_BYTES || indexAt < CONTROL_HEADER_BYTES) return undefined;
      const ssrc = u32(srtcp, 4);
      const index = u32(srtcp, indexAt) & 0x7fffffff;
      const window = controls.get(ssrc);
      const length = window?.isNew(index) ? transform.openControl(srtcp, ssrc, opened) : -1;
      if (!window || length < 0) return undefined;
      controls.keep(ssrc, window);
      window.take(index);
      return opened.subarray(0, length);
    },
  };
}

function transformOf(profile: SrtpProfile, keyAndSalt: Uint8Array): SrtpTransform {
  const lengths = srtpProfiles[profile];
  const rtp = sessionKeys(profile, keyAndSalt, "rtp");
  const control = () => sessionKeys(profile, keyAndSalt, "rtcp");
  return lengths.cipher === "aes-gcm" ? gcmTransform(rtp, control) : counterModeTransform(rtp, control, lengths);
}

/** RFC 3711 §3.1: the header with its sources and its extension stays readable. -1: it is no RTP. */
function payloadOf(packet: Uint8Array): number {
  if (packet.length < RTP_HEADER_BYTES || packet.length > MOST_BYTES) return -1;
  const first = packet[0] ?? 0;
  if (first >> 6 !== 2) return -1;
  let at = RTP_HEADER_BYTES + (first & 0x0f) * 4;
  if (first & 0x10) at += 4 + u16(packet, at + 2) * 4;
  return at > packet.length ? -1 : at;
}

/** The sources of a key. One is kept only once it is authentic: nobody else can make them many. */
function sources(of: "rtp" | "rtcp") {
  const known = new Map<number, ReplayWindow>();
  let fresh: ReplayWindow | undefined;
  // Nearly always there is one source.
  let current: ReplayWindow | undefined;
  let currentSsrc = -1;
  return {
    /** A new source's, unless there are too many. */
    get(ssrc: number): ReplayWindow | undefined {
      if (ssrc === currentSsrc) return current;
      return known.get(ssrc) ?? (known.size < MOST_SOURCES ? (fresh ??= replayWindow(of)) : undefined);
    },
    isKnown: (ssrc: number): boolean => known.has(ssrc),
    keep(ssrc: number, window: ReplayWindow): void {
      current = window;
      currentSsrc = ssrc;
      if (window !== fresh) return;
      known.set(ssrc, window);
      fresh = undefined;
    },
  };
}
