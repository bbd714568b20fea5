import { type CSeq, parseCSeq } from "./cseq.ts";
import { header, headerLines, headerValues, type SipMessage, type SipRequest, type SipResponse } from "./message.ts";
import { type NameAddr, parseNameAddr, tagOf } from "./name-addr.ts";
import { splitList } from "./params.ts";
import { METHODS } from "./status.ts";
import { uriScheme } from "./uri.ts";
import { parseVia, type Via } from "./via.ts";

/** The header values every message must have (RFC 3261 §8.1.1), read once. */
export interface Envelope {
  /** The topmost Via. */
  readonly via: Via;
  readonly callId: string;
  readonly cseq: CSeq;
  readonly from: NameAddr;
  readonly to: NameAddr;
  /** `""` from an element of RFC 2543, which need not send one. */
  readonly fromTag: string;
  readonly toTag: string | undefined;
}

/** What is wrong with a message; a request is answered with `status`, a response is dropped. */
export interface Flaw {
  readonly status: number;
  /** The name of the header, or `Request-URI`. */
  readonly where: string;
}

export type Opened = { readonly ok: true; readonly envelope: Envelope } | { readonly ok: false; readonly flaw: Flaw };

/** Headers that may stand in a message once only (RFC 3261 §7.3.1, RFC 4475 §3.3.8). */
const SINGLE = new Set(["From", "To", "Call-ID", "CSeq", "Max-Forwards", "Content-Type", "Expires"]);
const CALL_ID = /^\S+$/;

/** Reads what routing and matching need; says which header is missing or malformed. Never throws. */
export function openEnvelope(message: SipMessage): Opened {
  const opened = openCommon(message);
  if (!opened.ok) return opened;
  const flaw = message.type === "request" ? requestFlaw(message, opened.envelope) : responseFlaw(message);
  return flaw ? { ok: false, flaw } : opened;
}

function openCommon(message: SipMessage): Opened {
  const repeated = repeatedHeader(message);
  if (repeated !== undefined) return bad(repeated);
  const viaText = header(message, "Via");
  const via = viaText === undefined ? undefined : parseVia(viaText.includes(",") ? (splitList(viaText)[0] ?? "") : viaText);
  if (!via) return bad("Via");
  const callId = header(message, "Call-ID");
  if (callId === undefined || !CALL_ID.test(callId)) return bad("Call-ID");
  const from = parseNameAddr(header(message, "From") ?? "");
  if (!from) return bad("From");
  const to = parseNameAddr(header(message, "To") ?? "");
  if (!to) return bad("To");
  const cseq = parseCSeq(header(message, "CSeq") ?? "");
  if (!cseq) return bad("CSeq");
  return { ok: true, envelope: { via, callId, cseq, from, to, fromTag: tagOf(from) ?? "", toTag: tagOf(to) } };
}

const bad = (where: string, status = 400): Opened => ({ ok: false, flaw: { status, where } });

function repeatedHeader(message: SipMessage): string | undefined {
  let seen = 0;
  for (const [name] of message.headers) if (SINGLE.has(name)) seen++;
  if (seen <= 4) return undefined; // From, To, Call-ID and CSeq are looked for by themselves
  return [...SINGLE].find((name) => headerLines(message, name).length > 1);
}

function requestFlaw(request: SipRequest, { cseq }: Envelope): Flaw | undefined {
  if (cseq.method !== request.method) {
    // RFC 4475 §3.1.2.18: a method nobody knows is better answered 501 than 400.
    return { status: METHODS.has(request.method) ? 400 : 501, where: "CSeq" };
  }
  if (uriScheme(request.uri) === undefined) return { status: 400, where: "Request-URI" };
  // RFC 3261 §19.1.1: headers are not allowed in a Request-URI; nothing good can be meant by them.
  if (request.uri.includes("?") && /^sips?:[^@]*(?:@[^?]*)?\?/i.test(request.uri) && hasUriHeaders(request.uri)) {
    return { status: 400, where: "Request-URI" };
  }
  const hops = header(request, "Max-Forwards");
  if (hops !== undefined && !(/^\d{1,10}$/.test(hops) && Number(hops) <= 255)) {
    return { status: 400, where: "Max-Forwards" };
  }
  return addressFlaw(request);
}

function hasUriHeaders(uri: string): boolean {
  return uri.slice(uri.lastIndexOf("@") + 1).includes("?");
}

/** Contact, Route and Record-Route make the dialog: they are right or the request is not. */
function addressFlaw(request: SipRequest): Flaw | undefined {
  for (const name of ["Contact", "Record-Route", "Route"]) {
    for (const value of headerValues(request, name)) {
      if (!parseNameAddr(value) && !(name === "Contact" && value === "*")) return { status: 400, where: name };
    }
  }
  return undefined;
}

function responseFlaw(response: SipResponse): Flaw | undefined {
  // RFC 3261 §8.1.3.3: "If more than one Via header field value is present in a response, the UAC SHOULD discard".
  return headerValues(response, "Via").length === 1 ? undefined : { status: 400, where: "Via" };
}
