import { header, headerValues, openEnvelope, parseMessage, parseNameAddr, parseSipUri, serializeMessage, type SipMessage } from "@piopiy/server/sip";
import { invites } from "./invites.ts";
import { figure, type Figure } from "./statistics.ts";

const RUNS = 7;
const MESSAGES = 50_000;

/** INVITEs parsed, and parsed and serialized, in a second of CPU time (that of the collector's threads included). */
export function sipParse(): readonly Figure[] {
  const datagrams = invites(512);
  return [
    figure("SIP: INVITEs parsed and read as a UAS reads them", "/s", rates(datagrams, read), { is: "at least", value: 80_000 }),
    figure("SIP: INVITEs parsed, read and serialized", "/s", rates(datagrams, (bytes) => serializeMessage(read(bytes)).length), { is: "at least", value: 50_000 }),
  ];
}

/**
 * The start line, all header lines, and the parts of what this server's UAS looks at before it hands a call up: Via, From,
 * To, Call-ID, CSeq, Max-Forwards, Contact, Record-Route and Route (`openEnvelope`), the Request-URI, Require, the target
 * in Contact, Content-Type, and the extent of the body.
 */
function read(bytes: Uint8Array): SipMessage {
  const parsed = parseMessage(bytes);
  if (!parsed.ok || parsed.message.type !== "request") throw new Error("the INVITE was not parsed");
  const { message } = parsed;
  const target = parseSipUri(parseNameAddr(header(message, "Contact") ?? "")?.uri ?? "");
  const acceptable = headerValues(message, "Require").length === 0;
  const complete = openEnvelope(message).ok && parseSipUri(message.uri) && target && acceptable;
  if (!complete || header(message, "Content-Type") !== "application/sdp" || message.body.length === 0) throw new Error("the INVITE was not read");
  return message;
}

function rates(datagrams: readonly Uint8Array[], work: (bytes: Uint8Array) => unknown): number[] {
  once(datagrams, work);
  return Array.from({ length: RUNS }, () => once(datagrams, work));
}

function once(datagrams: readonly Uint8Array[], work: (bytes: Uint8Array) => unknown): number {
  const from = process.cpuUsage();
  for (let done = 0; done < MESSAGES; ) {
    for (const bytes of datagrams) work(bytes);
    done += datagrams.length;
  }
  const { user, system } = process.cpuUsage(from);
  const done = Math.ceil(MESSAGES / datagrams.length) * datagrams.length;
  return done / ((user + system) / 1e6);
}
