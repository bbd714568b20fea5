import { type Header, header, headerLines, noBody, type SipRequest, type SipResponse } from "../message/message.ts";
import { parseCSeq } from "../message/cseq.ts";

/** The ACK to a 300-699 (RFC 3261 §17.1.1.3): the INVITE's first Via and routes, the response's To. */
export function ackForRefusal(invite: SipRequest, response: SipResponse): SipRequest {
  return derived(invite, "ACK", header(response, "To") ?? header(invite, "To") ?? "");
}

/** The CANCEL of an INVITE (RFC 3261 §9.1): all but the method as in the INVITE, so that it takes the same way. */
export function cancelFor(invite: SipRequest): SipRequest {
  return derived(invite, "CANCEL", header(invite, "To") ?? "");
}

function derived(invite: SipRequest, method: "ACK" | "CANCEL", to: string): SipRequest {
  const headers: Header[] = [
    ["Via", header(invite, "Via") ?? ""],
    ["Max-Forwards", "70"],
    ["From", header(invite, "From") ?? ""],
    ["To", to],
    ["Call-ID", header(invite, "Call-ID") ?? ""],
    ["CSeq", `${parseCSeq(header(invite, "CSeq") ?? "")?.number ?? 0} ${method}`],
    ...headerLines(invite, "Route").map((route): Header => ["Route", route]),
  ];
  return { type: "request", method, uri: invite.uri, headers, body: noBody };
}
