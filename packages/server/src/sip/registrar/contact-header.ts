import { type Header, header, headerValues, type SipRequest } from "../message/message.ts";
import { parseNameAddr } from "../message/name-addr.ts";
import { param, type Params, unquote } from "../message/params.ts";
import { parseSipUri } from "../message/uri.ts";
import type { Contact, FlowId, Wish } from "./bindings.ts";

/** RFC 3261 §10.2.1.1: a malformed expiry means an hour. */
const DEFAULT_EXPIRES = 3600;

/** RFC 5626 §6: said to whoever registered a flow; it keeps the flow alive at least that often, in seconds (§4.4). */
export const OUTBOUND: readonly Header[] = [["Require", "outbound"], ["Flow-Timer", "120"]];

/**
 * Whether a proxy stands between the phone and us. Deviation: RFC 5626 §6 lets one pass that has said in Path that it
 * keeps flows; paths (RFC 3327) are not remembered here, and such a flow could not be found again.
 */
export const lacksOutbound = (request: SipRequest): boolean => headerValues(request, "Via").length > 1;

/** The flow a Contact registers (RFC 5626 §4.2); none unless the phone supports outbound. */
function flowOf(request: SipRequest, params: Params): FlowId | undefined {
  const instance = param(params, "+sip.instance");
  const regId = Number(param(params, "reg-id") ?? Number.NaN);
  const supports = headerValues(request, "Supported").some((option) => option.toLowerCase() === "outbound");
  if (!supports || instance === undefined || !/^"<[^<>"\\\r\n]{1,200}>"$/.test(instance)) return undefined;
  // RFC 5626 §4.2: "The value of the reg-id … MUST be in the range of 1 to (2**31 - 1)".
  return Number.isInteger(regId) && regId >= 1 && regId < 2 ** 31 ? { instance: unquote(instance), regId } : undefined;
}

/** How a binding is told to its phone. */
export function contactHeader({ uri, expiresAtMs, flow }: Contact, nowMs: number): Header {
  const params = flow ? `;+sip.instance="${flow.instance}";reg-id=${flow.regId}` : "";
  return ["Contact", `<${uri}>${params};expires=${Math.max(0, Math.round((expiresAtMs - nowMs) / 1000))}`];
}

/** What the REGISTER asks for; `undefined` when it is malformed. */
export function wishesOf(request: SipRequest, known: readonly Contact[], maxExpires: number): readonly Wish[] | undefined {
  const values = headerValues(request, "Contact");
  const general = header(request, "Expires");
  if (values.includes("*")) {
    // RFC 3261 §10.3 step 6: `*` stands alone and with an expiry of 0.
    if (values.length > 1 || seconds(general) !== 0) return undefined;
    return known.map(({ uri, flow }) => ({ uri, expiresSeconds: 0, ...(flow && { flow }) }));
  }
  const wishes: Wish[] = [];
  for (const value of values) {
    const contact = parseNameAddr(value);
    if (!contact || !parseSipUri(contact.uri)) return undefined;
    const expiresSeconds = Math.min(seconds(param(contact.params, "expires") ?? general), maxExpires);
    const flow = flowOf(request, contact.params);
    wishes.push({ uri: contact.uri, expiresSeconds, ...(flow && { flow }) });
  }
  // RFC 5626 §6: one flow, one REGISTER.
  return wishes.length > 1 && wishes.some(({ flow }) => flow) ? undefined : wishes;
}

const seconds = (text: string | undefined): number =>
  text !== undefined && /^\d{1,10}$/.test(text.trim()) ? Number(text) : DEFAULT_EXPIRES;
