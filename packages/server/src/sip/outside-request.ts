import { ALLOW, contactAt, type Core, isSips, SUPPORTED, userAgentHeader, userOf } from "./core.ts";
import type { Plan } from "./exchange.ts";
import { nextHopOf } from "./dialog/dialog-state.ts";
import { type Header, headerLine, noBody, type SipRequest } from "./message/message.ts";
import { formatNameAddr } from "./message/name-addr.ts";
import { leavesTransportOpen } from "./locate/locator.ts";
import type { SipAddress } from "./address.ts";
import type { OutgoingRequest } from "./user-agent-types.ts";

export interface OutsideRequest extends Pick<Plan, "build" | "destinations" | "transportOpen"> {
  readonly callId: string;
}

/** A request outside a dialog (RFC 3261 §8.1.1): every attempt with the same Call-ID and From tag, the next CSeq. */
export function outsideRequest(core: Core, method: string, options: OutgoingRequest): OutsideRequest {
  const callId = givenHeader(options, "call-id") ?? core.ids.uuid();
  const fromTag = core.ids.token(10);
  let cseq = Number(givenHeader(options, "cseq")?.split(" ")[0] ?? 0);
  const bare = (to: SipAddress | undefined, credentials: readonly Header[]): SipRequest => ({
    type: "request",
    method,
    uri: options.target,
    headers: [
      ["Max-Forwards", "70"],
      ["From", formatNameAddr({ ...named(options.fromDisplayName), uri: options.from, params: [["tag", fromTag]] })],
      ["To", formatNameAddr({ uri: options.to ?? options.target, params: [] })],
      ["Call-ID", callId],
      ["CSeq", `${cseq} ${method}`],
      ...(to ? contactOf(core, method, options, to) : []),
      // RFC 3262 §4: whoever sends an INVITE says whether it can acknowledge what comes before the answer.
      ...(method === "INVITE" ? [ALLOW, SUPPORTED] : []),
      ...userAgentHeader(core),
      ...credentials,
      ...(options.headers ?? []).filter(([name]) => !OWN.has(name.toLowerCase())).map(([name, value]) => headerLine(name, value)),
      ...(options.body ? [headerLine("Content-Type", options.body.type)] : []),
    ],
    body: options.body?.bytes ?? noBody,
  });
  const hop = nextHopOf(bare(undefined, []));
  return {
    callId,
    transportOpen: options.nextHop === undefined && leavesTransportOpen(hop),
    destinations: () => (options.nextHop ? core.locator.ofHop(options.nextHop) : core.locator.ofUri(hop)),
    build(to, credentials) {
      cseq++;
      options.onSent?.(to);
      return bare(to, credentials);
    },
  };
}

/** What only this stack writes; Call-ID and CSeq may be given to go on from (a registration keeps both). */
const OWN: ReadonlySet<string> = new Set(["via", "from", "to", "call-id", "cseq", "max-forwards", "content-length", "content-type"]);

const named = (displayName: string | undefined) => (displayName ? { displayName } : undefined);

const givenHeader = ({ headers = [] }: OutgoingRequest, name: string): string | undefined =>
  headers.find(([given]) => given.toLowerCase() === name)?.[1];

/** RFC 3261 §8.1.1.8, §10.2: INVITE and REGISTER say where we are. */
function contactOf(core: Core, method: string, options: OutgoingRequest, to: SipAddress): readonly Header[] {
  if (!["INVITE", "REGISTER", "SUBSCRIBE"].includes(method) || givenHeader(options, "contact") !== undefined) return [];
  const transport = core.network.transportTo(to);
  return transport ? [["Contact", contactAt(core, transport, to, userOf(options.from), isSips(options.target)) + (options.contactParams ?? "")]] : [];
}
