import { type Envelope, openEnvelope } from "../message/envelope.ts";
import { header, type SipMessage, type SipRequest, type SipResponse, withHeader } from "../message/message.ts";
import { param, splitList, withParam } from "../message/params.ts";
import { parseMessage } from "../message/parse.ts";
import { type ResponseParts, respondTo, respondToFailure } from "../message/respond.ts";
import { formatVia } from "../message/via.ts";
import { defaultPort, type SipAddress } from "../address.ts";
import type { Guard } from "../guard/guard.ts";
import { answerBinding } from "../stun/binding.ts";
import { looksLikeStun } from "../stun/stun.ts";
import { publishGarbage, publishMessage } from "./published.ts";
import type { Transport } from "./transport.ts";

/** A well-formed message and where it came from. */
export interface Received<M extends SipMessage = SipMessage> {
  readonly message: M;
  readonly envelope: Envelope;
  readonly source: SipAddress;
  readonly transport: Transport;
}

/** Who gets what is received. */
export interface Receiving {
  /** Completes a response that is made here, without a transaction. */
  readonly refusal: () => ResponseParts;
  readonly receive: (received: Received) => void;
  /** Who is not listened to. */
  readonly guard?: Pick<Guard, "hears" | "nonsense"> | undefined;
}

/** Answers without a transaction. */
export type Back = (transport: Transport, response: SipResponse, to: SipAddress) => void;

/** What a transport received: a message for the transactions, or something to be refused or forgotten. */
export function takeIn(
  options: Receiving, back: Back, bytes: Uint8Array, source: SipAddress, transport: Transport,
): void {
  const { guard } = options;
  if (isKeepAlive(bytes) || (guard && !guard.hears(source))) return;
  const binding = !transport.reliable && looksLikeStun(bytes) ? answerBinding(bytes, source) : undefined;
  if (binding) return void transport.send(binding, source).catch(() => undefined); // who asks asks again
  publishMessage("in", bytes, source);
  const parsed = parseMessage(bytes, isStream(source) ? "stream" : "datagram");
  if (!parsed.ok) {
    publishGarbage(parsed.reason, bytes, source);
    if (guard && !guard.nonsense(source)) return;
    const answer = respondToFailure(parsed, options.refusal());
    if (answer) back(transport, answer, source);
    return;
  }
  const opened = openEnvelope(parsed.message);
  if (opened.ok) {
    noteAlias(parsed.message, opened.envelope, source, transport);
    const message = withSource(parsed.message, opened.envelope, source);
    options.receive({ message, envelope: opened.envelope, source, transport });
    return;
  }
  publishGarbage(opened.flaw.where, bytes, source);
  if (guard && !guard.nonsense(source)) return;
  if (parsed.message.type === "response" || parsed.message.method === "ACK") return;
  if (header(parsed.message, "Via") === undefined) return;
  const reason = opened.flaw.status === 400 ? `Bad ${opened.flaw.where}` : undefined;
  back(transport, respondTo(parsed.message, opened.flaw.status, { ...options.refusal(), reason }), source);
}

/** Where messages are told apart by their Content-Length: not in datagrams, and not in frames (RFC 7118 §4.2). */
const isStream = ({ transport }: SipAddress): boolean => transport === "tcp" || transport === "tls";

/** RFC 5923 §8.1: the peer takes requests for its own name over the connection it opened. */
function noteAlias({ type }: SipMessage, { via }: Envelope, source: SipAddress, transport: Transport): void {
  if (type === "response" || !transport.alias || param(via.params, "alias") === undefined) return;
  transport.alias(source, { ...source, host: via.host, port: via.port ?? defaultPort(source.transport) });
}

/** A datagram or stream fragment of nothing but line ends or zeros keeps a NAT binding open (RFC 5626 §4.4, RFC 6223). */
const isKeepAlive = (bytes: Uint8Array) =>
  bytes.length <= 8 && bytes.every((byte) => byte === 0x0d || byte === 0x0a || byte === 0);

/** Notes in the topmost Via where the request really came from (RFC 3261 §18.2.1, RFC 3581 §4). */
function withSource(message: SipMessage, { via }: Envelope, source: SipAddress): SipMessage {
  if (message.type === "response") return message;
  const rport = param(via.params, "rport") !== undefined;
  if (!rport && via.host === source.host) return message;
  let params = withParam(via.params, "received", source.host);
  if (rport) params = withParam(params, "rport", String(source.port));
  const line = header(message, "Via") ?? "";
  const value = [formatVia({ ...via, params }), ...(line.includes(",") ? splitList(line).slice(1) : [])].join(", ");
  const marked: SipRequest = { ...message, headers: withHeader(message.headers, "Via", value) };
  return marked;
}
