import { isIP } from "node:net";
import { parse } from "sdp-transform";
import { array, fallback, nan, number, object, optional, picklist, pipe, regex, safeParse, string, transform, union, type InferOutput } from "valibot";
import { plainAddress, text } from "../base/index.ts";
import { cryptoOf } from "./crypto.ts";
import { dtlsOf } from "./dtls.ts";
import { rtcpBandwidthOf } from "./rtcp-bandwidth.ts";
import type { Direction, SdpCodec, SdpMedia, SdpSession } from "./session.ts";

export type SdpParsed = { readonly ok: true; readonly session: SdpSession } | { readonly ok: false; readonly why: string };

/** Far beyond any real description; a bound on the work a stranger can ask for. */
const MAXIMUM_BYTES = 16_384;
const MAXIMUM_MEDIA = 16;
const DEFAULT_PACKET_MS = 20;

// The grammar library turns whatever looks like a number into one, and leaves out what does not match: nothing of its
// result is trusted before it has passed this schema. The word "NaN" comes as that number.
const word = pipe(union([string(), number(), nan()]), transform(String));
// RFC 8866 §9: what an answer of ours repeats is made of these.
const token = /^[!#$%&'*+.^`{|}~\w-]+$/;
const tokens = pipe(word, regex(/^[!#$%&'*+.^`{|}~\w-]+(?:\/[!#$%&'*+.^`{|}~\w-]+)*$/));
const times = /^\d{1,20} \d{1,20}$/;
const connection = optional(object({ version: number(), ip: word }));
const direction = optional(picklist(["sendrecv", "sendonly", "recvonly", "inactive"]));
const milliseconds = fallback(optional(number()), undefined);
const mediaSchema = object({
  type: tokens,
  port: number(),
  protocol: tokens,
  payloads: optional(word, ""),
  connection,
  direction,
  ptime: milliseconds,
  maxptime: milliseconds,
  rtcpMux: fallback(optional(word), undefined),
  rtcp: fallback(optional(object({ port: number(), address: optional(word) })), undefined),
  rtp: array(object({ payload: word, codec: word, rate: optional(word, ""), encoding: optional(word, "1") })),
  fmtp: array(object({ payload: word, config: word })),
});
const sessionSchema = object({
  version: number(),
  origin: object({ username: word, sessionId: word, sessionVersion: word }),
  connection,
  direction,
  media: array(mediaSchema),
});
type RawMedia = InferOutput<typeof mediaSchema>;
type RawSession = InferOutput<typeof sessionSchema>;

/** Reads a session description. Never throws; what is wrong is told without repeating what was sent. */
export function parseSdp(bytes: Uint8Array): SdpParsed {
  if (bytes.length > MAXIMUM_BYTES) return no("it is too long");
  const source = text(bytes);
  const lines = source.split(/\r\n|\r|\n/).filter((line) => line.trim() !== "");
  // RFC 8866 §5: lines are <type>=<value>, and the first one is the version.
  if (lines[0]?.trimEnd() !== "v=0") return no("it does not begin with v=0");
  if (!lines.every((line) => /^[a-z]=/.test(line))) return no("a line is not of the form <type>=<value>");
  const raw = safeParse(sessionSchema, parse(lines.map(plainPort).join("\r\n")));
  if (!raw.success) return no(`its ${raw.issues[0].path?.map(({ key }) => String(key)).join(".") ?? "text"} is missing or malformed`);
  return checked(raw.output, lines, timingOf(lines));
}

/** The lines of each media section: those of keys are read as they stand, as the library leaves a part of them out. */
function sectionsOf(lines: readonly string[]): readonly (readonly string[])[] {
  const starts = lines.flatMap((line, at) => (line.startsWith("m=") ? [at] : []));
  return starts.map((start, at) => lines.slice(start, starts[at + 1]));
}

const no = (why: string) => ({ ok: false, why: `The session description is refused: ${why}.` }) as const;

/** What cannot be read counts as a session that is not bounded (RFC 8866 §5.9). */
function timingOf(lines: readonly string[]): string {
  const told = lines.find((line) => line.startsWith("t="))?.slice(2).trimEnd();
  return told !== undefined && times.test(told) ? told : "0 0";
}

/** RFC 8866 §5.14: `m=audio 49170/2` announces layered streams on several ports; the first one is the base. */
const plainPort = (line: string) => line.trimEnd().replace(/^(m=\S+ \d+)\/\d+ /, "$1 ");

function checked(raw: RawSession, lines: readonly string[], timing: string): SdpParsed {
  const { sessionId, sessionVersion } = raw.origin;
  if (!/^\d{1,20}$/.test(sessionId) || !/^\d{1,20}$/.test(sessionVersion)) return no("its origin has no numeric id and version");
  if (raw.media.length > MAXIMUM_MEDIA) return no("it has too many media lines");
  const badPort = raw.media.some(({ port }) => !Number.isInteger(port) || port > 65_535);
  if (badPort) return no("a media line has no valid port");
  const sections = sectionsOf(lines);
  const head = lines.slice(0, lines.findIndex((line) => line.startsWith("m=")));
  const media = raw.media.map((one, at) => ({ ...mediaOf(one, raw), ...readOff(sections[at] ?? [], head) }));
  return { ok: true, session: { origin: raw.origin, timing, media } };
}

function readOff(section: readonly string[], session: readonly string[]): Pick<SdpMedia, "crypto" | "dtls" | "rtcpBandwidth"> {
  const rtcpBandwidth = rtcpBandwidthOf(section, session);
  const dtls = dtlsOf(section, session);
  return { crypto: cryptoOf(section), ...(dtls && { dtls }), ...(rtcpBandwidth && { rtcpBandwidth }) };
}

function mediaOf(raw: RawMedia, session: RawSession): Omit<SdpMedia, "crypto"> {
  // RFC 8866 §5.7: a media section's own c= line takes the place of the session's.
  const host = addressOf(raw.connection ?? session.connection);
  const told = raw.direction ?? session.direction ?? "sendrecv";
  const packetMs = packetMsOf(raw);
  const formats = raw.payloads.split(" ").filter((format) => token.test(format));
  return {
    type: raw.type,
    port: raw.port,
    protocol: raw.protocol,
    formats,
    ...(host === undefined ? {} : { host }),
    direction: held(host) ? jointHold(told) : told,
    codecs: formats.flatMap((format) => codecOf(format, raw)),
    ...(packetMs === undefined ? {} : { packetMs }),
    rtcpMux: raw.rtcpMux !== undefined,
    ...rtcpOf(raw),
  };
}

/** RFC 3605 §2.1. A name in place of an address is not asked for: then the attribute is as good as absent. */
function rtcpOf({ rtcp }: RawMedia): Pick<SdpMedia, "rtcp"> {
  if (!rtcp || !Number.isInteger(rtcp.port) || rtcp.port < 1 || rtcp.port > 65_535) return {};
  if (rtcp.address === undefined) return { rtcp: { port: rtcp.port } };
  return isIP(rtcp.address) === 0 ? {} : { rtcp: { port: rtcp.port, host: plainAddress(rtcp.address) } };
}

function addressOf(connection: RawSession["connection"]): string | undefined {
  if (!connection) return undefined;
  // A multicast address with its TTL and a host name are no addresses: nothing here is sent to either.
  return isIP(connection.ip) === connection.version ? plainAddress(connection.ip) : undefined;
}

const held = (host: string | undefined) => host === "0.0.0.0" || host === "::";

/** RFC 3264 §8.4: the older way of holding; an unspecified address says that nothing can be received there. */
const jointHold = (told: Direction): Direction => (told === "sendrecv" || told === "sendonly" ? "sendonly" : "inactive");

function packetMsOf({ ptime, maxptime }: RawMedia): number | undefined {
  const asked = ptime ?? (maxptime === undefined ? undefined : DEFAULT_PACKET_MS);
  if (asked === undefined) return undefined;
  const bounded = Math.min(asked, maxptime ?? asked);
  return Number.isInteger(bounded) && bounded >= 10 && bounded <= 200 ? bounded : undefined;
}

/** RFC 3551 §6: these numbers mean their format even without an rtpmap. */
const staticFormats: Readonly<Record<string, string>> = { 0: "PCMU", 3: "GSM", 4: "G723", 8: "PCMA", 9: "G722", 13: "CN", 18: "G729" };

function codecOf(format: string, { rtp, fmtp }: RawMedia): readonly SdpCodec[] {
  if (!/^\d{1,3}$/.test(format) || Number(format) > 127) return [];
  const payloadType = Number(format);
  const about = ({ payload }: { readonly payload: string }) => payload === String(payloadType);
  const mapped = rtp.find(about);
  const parameters = fmtp.find(about)?.config;
  const more = parameters === undefined ? {} : { parameters };
  const rateHz = Number(mapped?.rate);
  const channels = Number(mapped?.encoding);
  if (mapped && rateHz > 0) return [{ payloadType, name: mapped.codec.toUpperCase(), rateHz, channels: channels > 0 ? channels : 1, ...more }];
  const name = mapped ? undefined : staticFormats[payloadType];
  return name === undefined ? [] : [{ payloadType, name, rateHz: 8000, channels: 1, ...more }];
}
