import type { Envelope } from "../message/envelope.ts";
import { type Header, header, headerLine, headerValues, noBody, type SipRequest, type SipResponse } from "../message/message.ts";
import { formatNameAddr, type NameAddr, parseNameAddr } from "../message/name-addr.ts";
import { param, withParam } from "../message/params.ts";
import { parseSipUri } from "../message/uri.ts";
import type { Body } from "../user-agent-types.ts";

/** What both ends of a dialog know (RFC 3261 §12). */
export interface DialogState {
  readonly callId: string;
  readonly localTag: string;
  /** `""` when the peer is of RFC 2543 and has none. */
  readonly remoteTag: string;
  /** Our address and the peer's, with tags, as they stand in From of what we send and in To. */
  readonly local: string;
  readonly remote: string;
  readonly localCSeq: number;
  /** `undefined` until the peer's first request. */
  readonly remoteCSeq: number | undefined;
  readonly remoteTarget: string;
  /** Route values in the order in which they are sent. */
  readonly routeSet: readonly string[];
}

/** The dialog our INVITE made (§12.1.2). */
export function dialogOfResponse(invite: SipRequest, response: SipResponse, envelope: Envelope): DialogState {
  return {
    callId: envelope.callId,
    localTag: envelope.fromTag,
    remoteTag: envelope.toTag ?? "",
    local: formatNameAddr(envelope.from),
    remote: formatNameAddr(envelope.to),
    localCSeq: envelope.cseq.number,
    remoteCSeq: undefined,
    // A 2xx without Contact breaks §12.1.1; the Request-URI is where it was found.
    remoteTarget: contactOf(response) ?? invite.uri,
    // "… in reverse order"
    routeSet: headerValues(response, "Record-Route").toReversed(),
  };
}

/** The dialog an INVITE to us makes (§12.1.1). */
export function dialogOfRequest(invite: SipRequest, envelope: Envelope, localTag: string): DialogState {
  const to: NameAddr = { ...envelope.to, params: withParam(envelope.to.params, "tag", localTag) };
  return {
    callId: envelope.callId,
    localTag,
    remoteTag: envelope.fromTag,
    local: formatNameAddr(to),
    remote: formatNameAddr(envelope.from),
    localCSeq: 0,
    remoteCSeq: envelope.cseq.number,
    remoteTarget: contactOf(invite) ?? envelope.from.uri,
    routeSet: headerValues(invite, "Record-Route"),
  };
}

/** The key of a dialog seen from this end. */
export const dialogKey = (callId: string, localTag: string, remoteTag: string): string =>
  `${callId} ${localTag} ${remoteTag}`;

/** The URI in the first Contact. */
export function contactOf(message: SipRequest | SipResponse): string | undefined {
  const contact = headerValues(message, "Contact")[0];
  return contact === undefined ? undefined : parseNameAddr(contact)?.uri;
}

/** A target refresh (§12.2.1.2): the peer can be reached somewhere else from now on. */
export const refreshTarget = (state: DialogState, message: SipRequest | SipResponse): DialogState =>
  ({ ...state, remoteTarget: contactOf(message) ?? state.remoteTarget });

export interface RequestParts {
  readonly headers?: readonly Header[] | undefined;
  readonly body?: Body | undefined;
}

/** A request inside the dialog, without Via (§12.2.1.1). */
export function requestInside(state: DialogState, method: string, cseq: number, parts: RequestParts = {}): SipRequest {
  const { uri, routes } = routing(state);
  const headers: Header[] = [
    ["Max-Forwards", "70"],
    ["From", state.local],
    ["To", state.remote],
    ["Call-ID", state.callId],
    ["CSeq", `${cseq} ${method}`],
    ...routes.map((route): Header => ["Route", route]),
    ...(parts.headers ?? []).map(([name, value]) => headerLine(name, value)),
  ];
  if (parts.body) headers.push(["Content-Type", parts.body.type]);
  return { type: "request", method, uri, headers, body: parts.body?.bytes ?? noBody };
}

/** The URI of the element to send a request of the dialog to: the first route, loose or strict, else the target. */
export const nextHopInside = ({ routeSet: [first], remoteTarget }: DialogState): string =>
  (first === undefined ? undefined : parseNameAddr(first)?.uri) ?? remoteTarget;

/** The URI of the element to send a request outside a dialog to (§8.1.2): a loose router named first, else its target. */
export const nextHopOf = (request: SipRequest): string => {
  const first = header(request, "Route");
  const route = first === undefined ? undefined : parseNameAddr(headerValues(request, "Route")[0] ?? "")?.uri;
  return route !== undefined && isLoose(route) ? route : request.uri;
};

function routing(state: DialogState): { readonly uri: string; readonly routes: readonly string[] } {
  const [first, ...rest] = state.routeSet;
  const router = first === undefined ? undefined : parseNameAddr(first)?.uri;
  if (router === undefined) return { uri: state.remoteTarget, routes: [] };
  if (isLoose(router)) return { uri: state.remoteTarget, routes: state.routeSet };
  // A strict router wants itself in the Request-URI and the target as the last route.
  return { uri: router, routes: [...rest, `<${state.remoteTarget}>`] };
}

function isLoose(uri: string): boolean {
  const parsed = parseSipUri(uri);
  return parsed !== undefined && param(parsed.params, "lr") !== undefined;
}
