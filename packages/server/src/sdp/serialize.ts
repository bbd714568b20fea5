import { isIPv6 } from "node:net";
import { utf8 } from "../base/index.ts";
import { cryptoLine, type SdpCrypto } from "./crypto.ts";
import { dtlsLines, type SdpFingerprint, type Setup } from "./dtls.ts";
import type { AudioCodec, Direction, LocalMedia } from "./session.ts";

/** One `m=` section to write: audio of ours, or a refusal of what was offered. */
export type Section =
  | {
      readonly accepted: true;
      readonly protocol: string;
      readonly direction: Direction;
      readonly formats: readonly Format[];
      /** Offered, or agreed to. */
      readonly rtcpMux: boolean;
      /** Keys of ours: all that are offered, or the one that answers. */
      readonly crypto?: readonly SdpCrypto[];
      /** Our certificate, and who begins the handshake. */
      readonly dtls?: { readonly fingerprint: SdpFingerprint; readonly setup: Setup } | undefined;
    }
  | { readonly accepted: false; readonly type: string; readonly protocol: string; readonly formats: readonly string[] };

export interface Format {
  readonly payloadType: number;
  readonly name: AudioCodec | "telephone-event" | "CN";
  readonly rateHz: number;
  readonly channels: number;
  /** `a=fmtp`. */
  readonly parameters?: string;
}

/** Writes a session description with the lines in the order of RFC 8866 §5. */
export function serializeSdp(local: LocalMedia, sections: readonly Section[], timing = "0 0"): Uint8Array {
  const address = `IN IP${isIPv6(local.host) ? 6 : 4} ${local.host}`;
  const lines = [
    "v=0",
    `o=- ${local.sessionId} ${local.sessionVersion} ${address}`,
    "s=-",
    `c=${address}`,
    `t=${timing}`,
    ...sections.flatMap((section) => sectionLines(section, local.port)),
  ];
  return utf8(`${lines.join("\r\n")}\r\n`);
}

function sectionLines(section: Section, port: number): readonly string[] {
  // RFC 3264 §6: a refused stream has port 0, and one format, which is there for the grammar only.
  if (!section.accepted) return [`m=${section.type} 0 ${section.protocol} ${section.formats[0] ?? "0"}`];
  return [
    `m=audio ${port} ${section.protocol} ${section.formats.map(({ payloadType }) => payloadType).join(" ")}`,
    ...(section.crypto ?? []).map(cryptoLine),
    ...(section.dtls ? dtlsLines(section.dtls.fingerprint, section.dtls.setup) : []),
    ...section.formats.flatMap(formatLines),
    "a=ptime:20",
    `a=${section.direction}`,
    // RFC 3605 §2.1, RFC 5761 §5.1.1: the port above may be another call's. Who does not share ports, but knows this
    // attribute, sends its RTCP to the port that is this call's all the same.
    `a=rtcp:${port}`,
    ...(section.rtcpMux ? ["a=rtcp-mux"] : []),
  ];
}

/** RFC 8866 §6.6: one channel needs no word. */
function formatLines({ payloadType, name, rateHz, channels, parameters }: Format): readonly string[] {
  const rtpmap = `a=rtpmap:${payloadType} ${name}/${rateHz}${channels > 1 ? `/${channels}` : ""}`;
  return parameters === undefined ? [rtpmap] : [rtpmap, `a=fmtp:${payloadType} ${parameters}`];
}
