import { putU32, u32 } from "./packet.ts";
import { hmacSha1 } from "./srtp-hmac.ts";
import type { SessionKeys } from "./srtp-keys.ts";
import { blockCipher, keystream, type Keystream } from "./srtp-keystream.ts";
import { CONTROL_HEADER_BYTES, CONTROL_INDEX_BYTES, ENCRYPTED, sameBytes, type SrtpTransform } from "./srtp-transform.ts";
import type { ProfileLengths } from "./srtp-profile.ts";

const CYCLE = 65_536;
/** Only for the call at hand. */
const expected = new Uint8Array(20);

/** AES in counter mode with HMAC-SHA1 (RFC 3711 §4.1.1, §4.2.1). `control` is asked for with the first RTCP packet. */
export function counterModeTransform(rtp: SessionKeys, control: () => SessionKeys, { tag, controlTag }: ProfileLengths): SrtpTransform {
  const cipher = blockCipher(rtp);
  const sign = hmacSha1(rtp.authentication);
  const streams = new Map<number, Keystream>();
  let made: ReturnType<typeof controlParts> | undefined;
  const parts = () => (made ??= controlParts(control()));
  // Nearly always there is one source.
  let current: { readonly ssrc: number; readonly stream: Keystream } | undefined;
  // Only who is authentic gets here: their number is bounded by whoever counts sources.
  const streamOf = (ssrc: number): Keystream => {
    if (current?.ssrc === ssrc) return current.stream;
    const stream = streams.get(ssrc) ?? keystream(cipher, rtp.salt, ssrc);
    streams.set(ssrc, stream);
    current = { ssrc, stream };
    return stream;
  };

  return {
    overhead: CONTROL_INDEX_BYTES + Math.max(tag, controlTag),
    seal(packet, payloadAt, ssrc, index, into) {
      const end = packet.length;
      copy(packet, payloadAt, into);
      streamOf(ssrc).cover(index, packet, payloadAt, end, into);
      // RFC 3711 §4.2: the roll-over counter is authenticated, although it is not sent.
      sign(into, end, Math.floor(index / CYCLE), into, end, tag);
      return end + tag;
    },
    open(packet, payloadAt, ssrc, index, into) {
      const end = packet.length - tag;
      if (end < payloadAt) return -1;
      sign(packet, end, Math.floor(index / CYCLE), expected, 0, tag);
      if (!sameBytes(expected, 0, packet, end, tag)) return -1;
      copy(packet, payloadAt, into);
      streamOf(ssrc).cover(index, packet, payloadAt, end, into);
      return end;
    },
    sealControl(packet, ssrc, index, into) {
      const end = packet.length;
      copy(packet, CONTROL_HEADER_BYTES, into);
      parts().stream(ssrc).cover(index, packet, CONTROL_HEADER_BYTES, end, into);
      putU32(into, end, index);
      into[end] = (into[end] ?? 0) | ENCRYPTED;
      parts().sign(into, end, u32(into, end), into, end + CONTROL_INDEX_BYTES, controlTag);
      return end + CONTROL_INDEX_BYTES + controlTag;
    },
    openControl(packet, ssrc, into) {
      const end = packet.length - CONTROL_INDEX_BYTES - controlTag;
      const word = u32(packet, end);
      parts().sign(packet, end, word, expected, 0, controlTag);
      if (!sameBytes(expected, 0, packet, end + CONTROL_INDEX_BYTES, controlTag)) return -1;
      const encrypted = ((packet[end] ?? 0) & ENCRYPTED) !== 0;
      copy(packet, encrypted ? CONTROL_HEADER_BYTES : end, into);
      if (encrypted) parts().stream(ssrc).cover(word & 0x7fffffff, packet, CONTROL_HEADER_BYTES, end, into);
      return end;
    },
    controlIndexAt: (packet) => packet.length - CONTROL_INDEX_BYTES - controlTag,
  };
}

/** Reports are seconds apart: nothing of theirs is worked out ahead, or kept. */
function controlParts(keys: SessionKeys) {
  const cipher = blockCipher(keys);
  return { sign: hmacSha1(keys.authentication), stream: (ssrc: number) => keystream(cipher, keys.salt, ssrc, 1) };
}

function copy(from: Uint8Array, bytes: number, into: Uint8Array): void {
  for (let at = 0; at < bytes; at++) into[at] = from[at] ?? 0;
}
