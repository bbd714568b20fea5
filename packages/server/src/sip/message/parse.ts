import { isAscii, isUtf8 } from "node:buffer";
import { knownName } from "./header-names.ts";
import { type Header, noBody, type SipMessage } from "./message.ts";

/** The largest message read or framed, and the most header lines of one. */
export const LIMITS = { messageBytes: 65_536, headers: 200 } as const;

export type ParseFailureReason =
  | "too_large"
  | "too_many_headers"
  | "not_sip" // no start line of SIP: nobody to answer
  | "bad_version"
  | "bad_start_line"
  | "bad_header_line"
  | "incomplete" // the empty line after the headers is missing
  | "bad_content_length"
  | "missing_content_length" // on a stream
  | "body_too_large" // on a stream
  | "body_truncated";

export interface ParseFailure {
  readonly ok: false;
  readonly reason: ParseFailureReason;
  /** The status the RFC gives to such a request. */
  readonly status: number;
  /** As much as could be read of a request, to answer it from; absent for responses and garbage. */
  readonly headers?: readonly Header[];
  readonly method?: string;
}

export type Parsed = { readonly ok: true; readonly message: SipMessage } | ParseFailure;

const END_OF_HEADERS = Buffer.from("\r\n\r\n");
const TOKEN = /^[\w\-.!%*+`'~]+$/;
const STATUS_LINE = /^SIP\/2\.0 ([1-6]\d\d)(?: (.*))?$/i;
const REQUEST_LINE = /^([\w\-.!%*+`'~]+) (\S+) (SIP\/\d+\.\d+)$/i;

/**
 * Reads one message: the start line, the header lines and the extent of the body. What the header values mean is not
 * looked at here. `framing: "stream"` asks for a Content-Length, as RFC 3261 §18.3 does. Never throws.
 */
export function parseMessage(bytes: Uint8Array, framing: "datagram" | "stream" = "datagram"): Parsed {
  const excess = bytes.length > LIMITS.messageBytes;
  const buffer = Buffer.isBuffer(bytes) && !excess ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, LIMITS.messageBytes));
  let start = 0;
  // RFC 3261 §7.5: "Implementations processing SIP messages over stream-oriented transports MUST ignore any CRLF
  // appearing before the start-line."
  while (buffer[start] === 0x0d && buffer[start + 1] === 0x0a) start += 2;
  const end = buffer.indexOf(END_OF_HEADERS, start);
  // Nearly every message is plain ASCII, and then needs no decoding.
  const head = isAscii(buffer) ? buffer.toString("latin1", start, end < 0 ? buffer.length : end) : readable(buffer.subarray(start, end < 0 ? buffer.length : end));
  const endOfLine = head.indexOf("\r\n");
  const startLine = readStartLine(endOfLine < 0 ? head : head.slice(0, endOfLine));
  if (!startLine.ok && startLine.reason === "not_sip") return excess ? tooLarge : startLine;
  const lines = readHeaders(head, endOfLine < 0 ? head.length : endOfLine + 2);
  const problem = excess ? tooLarge : !startLine.ok ? startLine : (lines.problem ?? (end < 0 ? incomplete : undefined));
  const body = problem ?? readBody(bytes, end + END_OF_HEADERS.length, lines.lengths, framing);
  if (startLine.ok && body instanceof Uint8Array) {
    return { ok: true, message: { ...startLine.start, headers: lines.headers, body } };
  }
  const failure = problem ?? (body instanceof Uint8Array ? incomplete : body);
  if (startLine.ok && startLine.start.type === "response") return failure;
  const method = startLine.ok && startLine.start.type === "request" ? { method: startLine.start.method } : undefined;
  return { ...failure, headers: lines.headers, ...method };
}

/**
 * RFC 3261 §7: headers are UTF-8. What is not, such as names in Latin-1, becomes a character that is no longer when it is
 * written than what was read: an answer repeats it, and must not grow.
 */
function readable(head: Buffer): string {
  const decoded = head.toString("utf8");
  return isUtf8(head) ? decoded : decoded.replaceAll("\uFFFD", "_");
}

/** RFC 3261 §21.5.7. */
const tooLarge: ParseFailure = { ok: false, reason: "too_large", status: 513 };
const incomplete: ParseFailure = { ok: false, reason: "incomplete", status: 400 };

type StartLine =
  | { readonly type: "request"; readonly method: string; readonly uri: string }
  | { readonly type: "response"; readonly status: number; readonly reason: string };

function readStartLine(line: string): { readonly ok: true; readonly start: StartLine } | ParseFailure {
  const request = REQUEST_LINE.exec(line);
  if (request) {
    const [, method = "", uri = "", version = ""] = request;
    if (version.toUpperCase() === "SIP/2.0") return { ok: true, start: { type: "request", method, uri } };
    return { ok: false, reason: "bad_version", status: 505 };
  }
  const response = STATUS_LINE.exec(line);
  if (response) {
    return { ok: true, start: { type: "response", status: Number(response[1]), reason: response[2] ?? "" } };
  }
  // Looks like a request line that went wrong (RFC 4475 §3.1.2.8 to 3.1.2.10): worth an answer.
  const likeRequest = /^[\w\-.!%*+`'~]+ /.test(line) && /[^ ]:/.test(line) && !/^SIP\//i.test(line);
  return { ok: false, reason: likeRequest ? "bad_start_line" : "not_sip", status: 400 };
}

interface HeaderLines {
  readonly headers: readonly Header[];
  /** The values of Content-Length. */
  readonly lengths: readonly string[];
  readonly problem?: ParseFailure;
}

function readHeaders(head: string, from: number): HeaderLines {
  const headers: Header[] = [];
  const lengths: string[] = [];
  let bad = hasLoneCrOrLf(head);
  let at = from;
  while (at < head.length) {
    if (headers.length >= LIMITS.headers) {
      return { headers, lengths, problem: { ok: false, reason: "too_many_headers", status: 400 } };
    }
    const end = endOfHeader(head, at);
    const colon = head.indexOf(":", at);
    const name = colon < 0 || colon > end ? undefined : headerName(head.slice(at, colon));
    if (name === undefined) bad = true;
    else {
      const raw = head.slice(colon + 1, end).trim();
      const value = raw.includes("\r\n") ? raw.replace(/[ \t]*\r\n[ \t]+/g, " ") : raw;
      if (name === "Content-Length") lengths.push(value);
      headers.push([name, value]);
    }
    at = end + 2;
  }
  return bad ? { headers, lengths, problem: { ok: false, reason: "bad_header_line", status: 400 } } : { headers, lengths };
}

/** Every line ends with CR LF, and neither stands anywhere else. */
function hasLoneCrOrLf(head: string): boolean {
  let at = 0;
  for (;;) {
    const cr = head.indexOf("\r", at);
    const lf = head.indexOf("\n", at);
    if (cr < 0 || lf !== cr + 1) return cr >= 0 || lf >= 0;
    at = lf + 1;
  }
}

/** Where the header that begins at `at` ends: a line that begins with white space goes on with it (§7.3.1). */
function endOfHeader(head: string, at: number): number {
  let end = head.indexOf("\r\n", at);
  while (end >= 0) {
    const next = head.charCodeAt(end + 2);
    if (next !== 0x20 && next !== 0x09) return end;
    end = head.indexOf("\r\n", end + 2);
  }
  return head.length;
}

function headerName(written: string): string | undefined {
  const known = knownName(written);
  if (known !== undefined) return known;
  // RFC 3261 §7.3.1: white space may stand between the name and the colon.
  const name = written.trimEnd();
  return knownName(name) ?? (TOKEN.test(name) ? name : undefined);
}

function readBody(
  bytes: Uint8Array, from: number, lengths: readonly string[], framing: "datagram" | "stream",
): Uint8Array | ParseFailure {
  const [length] = lengths;
  if (length === undefined) {
    if (framing === "stream") return { ok: false, reason: "missing_content_length", status: 400 };
    return from >= bytes.length ? noBody : bytes.subarray(from);
  }
  if (lengths.length > 1 || !/^\d{1,9}$/.test(length)) return { ok: false, reason: "bad_content_length", status: 400 };
  const count = Number(length);
  // §21.4.11: a body that is never read to its end.
  if (framing === "stream" && from + count > LIMITS.messageBytes) return { ok: false, reason: "body_too_large", status: 413 };
  // RFC 3261 §18.3: a datagram shorter than its Content-Length is an error, octets beyond it are discarded.
  if (from + count > bytes.length) return { ok: false, reason: "body_truncated", status: 400 };
  return count === 0 ? noBody : bytes.subarray(from, from + count);
}
