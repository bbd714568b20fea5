import { parseCSeq } from "../message/cseq.ts";
import type { Envelope } from "../message/envelope.ts";
import { header, type SipRequest } from "../message/message.ts";
import { formatVia, parseVia, uniqueBranch, type Via } from "../message/via.ts";
import { param } from "../message/params.ts";

/** RFC 3261 §17.1.3: a response belongs to the request with its branch and CSeq method. */
export const clientKey = (via: Via, method: string): string => `${param(via.params, "branch") ?? ""} ${method}`;

/** The key under which the responses to a request of ours will come. */
export function clientKeyOf(request: SipRequest): string {
  const via = parseVia(header(request, "Via") ?? "");
  const cseq = parseCSeq(header(request, "CSeq") ?? "");
  return via && cseq ? clientKey(via, cseq.method) : "";
}

/** RFC 3261 §17.2.3: branch, sent-by and method make a request; an ACK is looked for as its INVITE. */
export function serverKey({ via, callId, cseq, fromTag }: Envelope, method: string): string {
  const of = method === "ACK" ? "INVITE" : method;
  const branch = uniqueBranch(via);
  if (branch !== undefined) return `${branch} ${via.host}:${via.port ?? 5060} ${of}`;
  // An element of RFC 2543 (or one with an empty branch): what identified a request then. The ACK has the INVITE's
  // Via too; `received` and `rport` are not in it, because the envelope was read before they were added.
  return `2543 ${callId} ${fromTag} ${cseq.number} ${formatVia(via)} ${of}`;
}

/** RFC 3261 §8.2.2.2: the same for a request that reached us on two ways. */
export const mergeKey = ({ callId, cseq, fromTag }: Envelope): string =>
  `${callId} ${fromTag} ${cseq.number} ${cseq.method}`;
