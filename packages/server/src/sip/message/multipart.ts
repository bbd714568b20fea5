import { header, type SipRequest, type SipResponse } from "./message.ts";

/** Parts of one body that are looked at. */
const MAX_PARTS = 16;

/**
 * The content of that type: the body itself, or the first such part of a `multipart/mixed` one (RFC 5621 §3, RFC 2046
 * §5.1). `undefined` when there is none, or it is packed (RFC 3261 §20.12).
 * Deviation: RFC 5621 §5 refuses the whole where a part that is not understood is not optional; gateways add parts of
 * their own network (ISUP) without saying that they may be left out.
 */
export function contentOf(message: SipRequest | SipResponse, type: string): Uint8Array | undefined {
  const { body } = message;
  const value = header(message, "Content-Type") ?? "";
  const encoding = header(message, "Content-Encoding") ?? "identity";
  if (encoding.toLowerCase() !== "identity") return undefined;
  if (mediaType(value) === type) return body;
  const boundary = mediaType(value) === "multipart/mixed" ? /;\s*boundary\s*=\s*(?:"([^"]{1,70})"|([^\s;"]{1,70}))/i.exec(value) : null;
  const name = boundary?.[1] ?? boundary?.[2];
  return name === undefined ? undefined : partOf(Buffer.from(body.buffer, body.byteOffset, body.length), name, type);
}

const mediaType = (value: string): string => value.split(";", 1)[0]?.trim().toLowerCase() ?? "";

/** RFC 2046 §5.1.1: a part stands between two delimiters, and the line break before a delimiter belongs to that. */
function partOf(body: Buffer, boundary: string, type: string): Uint8Array | undefined {
  const delimiter = `--${boundary}`;
  let at = body.indexOf(delimiter);
  for (let part = 0; at >= 0 && part < MAX_PARTS; part++) {
    const begin = body.indexOf("\r\n", at + delimiter.length);
    const end = begin < 0 ? -1 : body.indexOf(`\r\n${delimiter}`, begin);
    if (end < 0) return undefined;
    const headEnd = body.indexOf("\r\n\r\n", begin);
    // A part without headers is text.
    if (headEnd >= 0 && headEnd <= end && mediaType(typeIn(body.toString("latin1", begin, headEnd))) === type) return body.subarray(headEnd + 4, Math.max(headEnd + 4, end));
    at = end + 2;
  }
  return undefined;
}

const typeIn = (head: string): string => /\r\nContent-Type[ \t]*:[ \t]*([^\r]*)/i.exec(head)?.[1] ?? "";
