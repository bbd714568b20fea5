import { type Header, header, headerLine, headerLines, noBody, type SipResponse, type WithHeaders } from "./message.ts";
import { parseNameAddr, tagOf } from "./name-addr.ts";
import type { ParseFailure } from "./parse.ts";
import { reasonPhrase } from "./status.ts";

export interface ResponseParts {
  readonly reason?: string | undefined;
  /** Put on To when the request has none there. */
  readonly toTag?: string | undefined;
  readonly headers?: readonly Header[] | undefined;
  readonly body?: { readonly type: string; readonly bytes: Uint8Array } | undefined;
}

/** A response to a request, with what RFC 3261 §8.2.6 copies out of it. */
export function respondTo(request: WithHeaders, status: number, parts: ResponseParts = {}): SipResponse {
  const headers: Header[] = request.headers.filter(([name]) => name === "Via");
  for (const name of ["From", "To", "Call-ID", "CSeq"]) {
    const value = header(request, name);
    if (value !== undefined) headers.push([name, name === "To" && status > 100 ? tagged(value, parts.toTag) : value]);
  }
  // RFC 3261 §8.2.6.1: a 100 carries the Timestamp back.
  if (status === 100) headers.push(...headerLines(request, "Timestamp").map((value): Header => ["Timestamp", value]));
  for (const [name, value] of parts.headers ?? []) headers.push(headerLine(name, value));
  if (parts.body) headers.push(["Content-Type", parts.body.type]);
  return {
    type: "response", status, reason: parts.reason ?? reasonPhrase(status), headers, body: parts.body?.bytes ?? noBody,
  };
}

function tagged(to: string, tag: string | undefined): string {
  const address = tag === undefined ? undefined : parseNameAddr(to);
  return address && tagOf(address) === undefined ? `${to};tag=${tag}` : to;
}

/** The answer to bytes that are a malformed request, when they say where to answer to (a Via) and are no ACK. */
export function respondToFailure(failure: ParseFailure, parts: ResponseParts = {}): SipResponse | undefined {
  if (!failure.headers || failure.method === "ACK" || header({ headers: failure.headers }, "Via") === undefined) {
    return undefined;
  }
  return respondTo({ headers: failure.headers }, failure.status, parts);
}
