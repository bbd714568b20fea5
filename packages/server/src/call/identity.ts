import { headerValues, parseNameAddr, parseSipUri, type SipRequest } from "../sip/index.ts";
import { party } from "./party.ts";

/** The party a URI names: the user of a SIP URI, the number of a tel URI; empty when it names nobody. */
export function partyOfUri(uri: string): string {
  if (/^tel:/i.test(uri)) return party(uri.slice(4));
  return party(parseSipUri(uri)?.user ?? "");
}

/** Who calls, as the request says it. `asserted`: the sender is trusted to know better than From (RFC 3325 §9.1). */
export function callerOf(request: SipRequest, asserted: boolean): string {
  const identities = asserted ? headerValues(request, "P-Asserted-Identity") : [];
  const named = [...identities, ...headerValues(request, "From")].map(partyOfHeader);
  return named.find((name) => name !== "") ?? "";
}

/**
 * Who is called. `ownName`: the user name this server is registered with at the sender; the number that was dialled is
 * then not in the Request-URI, which is our own contact, but in To.
 */
export function calledOf(request: SipRequest, ownName?: string): string {
  const called = partyOfUri(request.uri);
  if (called !== "" && called !== ownName) return called;
  const [to = ""] = headerValues(request, "To");
  return partyOfHeader(to) || called;
}

const partyOfHeader = (value: string): string => partyOfUri(parseNameAddr(value)?.uri ?? "");
