import { isIPv6 } from "node:net";
import { channels, type Clock, messageOf, PiopiyError } from "../../base/index.ts";
import { type Envelope, openEnvelope } from "../message/envelope.ts";
import { header, type SipMessage, type SipRequest, type SipResponse, withHeader } from "../message/message.ts";
import { param, splitList, withParam } from "../message/params.ts";
import { parseMessage } from "../message/parse.ts";
import { type ResponseParts, respondTo, respondToFailure } from "../message/respond.ts";
import { serializeMessage } from "../message/serialize.ts";
import { formatVia } from "../message/via.ts";
import type { SipAddress, TransportName } from "../address.ts";
import { reachableHost } from "./reachable-host.ts";
import { openTcp } from "./tcp.ts";
import { type OpenTransport, remoteOf, type Transport } from "./transport.ts";
import { openUdp } from "./udp.ts";

/** A well-formed message and where it came from. */
export interface Received<M extends SipMessage = SipMessage> {
  readonly message: M;
  readonly envelope: Envelope;
  readonly source: SipAddress;
  readonly transport: Transport;
}

/** All transports of a user agent (RFC 3261 §18): messages in and out, garbage kept out. */
export interface Network {
  readonly addresses: readonly SipAddress[];
  /** The transport that reaches an address; `undefined` when none does. */
  transportTo(to: SipAddress): Transport | undefined;
  /** Host and port under which a transport is reached by somebody at `to`. */
  reachableAt(transport: Transport, to: SipAddress): SipAddress;
  send(message: SipMessage, to: SipAddress): Promise<void>;
  /** Sends a response back the way its request came (§18.2.2, RFC 3581). */
  respond(request: Received, response: SipResponse): Promise<void>;
  close(): Promise<void>;
}

export interface NetworkOptions {
  readonly clock: Clock;
  readonly listen: readonly SipAddress[];
  readonly advertisedHost?: string | undefined;
  readonly open?: OpenTransport | undefined;
  /** Completes a response that is made here, without a transaction. */
  readonly refusal: () => ResponseParts;
  readonly receive: (received: Received) => void;
}

const openSocket: OpenTransport = (address, receive, clock) =>
  (address.transport === "udp" ? openUdp : openTcp)(address, receive, clock);

export async function openNetwork(options: NetworkOptions): Promise<Network> {
  const transports: Transport[] = [];
  const send = async (transport: Transport, message: SipMessage, to: SipAddress) => {
    const bytes = serializeMessage(message);
    publish("out", bytes, to);
    await transport.send(bytes, to);
  };
  const back = (transport: Transport, response: SipResponse, to: SipAddress) =>
    send(transport, response, to).catch((failure: unknown) =>
      channels.failure.publish({ layer: "sip", failure: messageOf(failure) }));
  const receive = (bytes: Uint8Array, source: SipAddress, transport: Transport) => {
    if (isKeepAlive(bytes)) return;
    publish("in", bytes, source);
    const parsed = parseMessage(bytes, transport.reliable ? "stream" : "datagram");
    if (!parsed.ok) {
      publishGarbage(parsed.reason, bytes, source);
      const answer = respondToFailure(parsed, options.refusal());
      if (answer) void back(transport, answer, source);
      return;
    }
    const opened = openEnvelope(parsed.message);
    if (opened.ok) {
      const message = withSource(parsed.message, opened.envelope, source);
      options.receive({ message, envelope: opened.envelope, source, transport });
      return;
    }
    publishGarbage(opened.flaw.where, bytes, source);
    if (parsed.message.type === "response" || parsed.message.method === "ACK") return;
    if (header(parsed.message, "Via") === undefined) return;
    const reason = opened.flaw.status === 400 ? `Bad ${opened.flaw.where}` : undefined;
    void back(transport, respondTo(parsed.message, opened.flaw.status, { ...options.refusal(), reason }), source);
  };
  await openAll(options, transports, receive);
  const transportTo = (to: SipAddress) => {
    const able = transports.filter(({ address }) => reaches(address, to));
    // A socket on the loopback address reaches nobody else, and to there it is the one that is answered.
    return able.find(({ address }) => isLoopback(address.host) === isLoopback(to.host)) ?? able[0];
  };
  return {
    addresses: transports.map(({ address }) => address),
    transportTo,
    reachableAt: ({ address }, to) => ({ ...address, host: options.advertisedHost ?? reachableHost(address.host, to.host) }),
    async send(message, to) {
      const transport = transportTo(to);
      if (!transport) throw new PiopiyError("internal", `no ${to.transport} transport reaches this address family`);
      await send(transport, message, to);
    },
    async respond({ transport, source, envelope: { via } }, response) {
      // RFC 3581 §4: with rport the response goes to where the request came from.
      const to = transport.reliable || param(via.params, "rport") !== undefined ? source : { ...source, port: via.port ?? 5060 };
      try {
        await send(transport, response, to);
      } catch (failure) {
        // RFC 3261 §18.2.2: the connection is gone: open one to the address in `received` and the port in sent-by.
        if (!transport.reliable) throw failure;
        await send(transport, response, { ...source, port: via.port ?? 5060 });
      }
    },
    close: async () => void (await Promise.all(transports.map((transport) => transport.close()))),
  };
}

async function openAll(
  { listen, open = openSocket, clock }: NetworkOptions, transports: Transport[],
  receive: Parameters<OpenTransport>[1],
): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    try {
      for (const asked of listen) {
        // UDP and TCP where the system chooses the port: the same one for both.
        const sibling = asked.port === 0 ? transports.find(({ address }) => isSibling(address, asked)) : undefined;
        transports.push(await open(sibling ? { ...asked, port: sibling.address.port } : asked, receive, clock));
      }
      return;
    } catch (failure) {
      await Promise.all(transports.splice(0).map((transport) => transport.close()));
      // The port that was free for UDP may be taken for TCP: another one will not be.
      if (attempt >= 8 || !listen.every(({ port }) => port === 0)) throw failure;
    }
  }
}

const isSibling = (address: SipAddress, asked: SipAddress) =>
  address.transport !== asked.transport && address.host === asked.host;

const reaches = (from: SipAddress, to: SipAddress) =>
  from.transport === to.transport && (isIPv6(from.host) || !isIPv6(to.host));

const isLoopback = (host: string) => host.startsWith("127.") || host === "::1";

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

function publish(direction: "in" | "out", message: Uint8Array, remote: SipAddress): void {
  if (!channels.sipMessage.hasSubscribers) return;
  const transport: TransportName = remote.transport;
  channels.sipMessage.publish({ direction, transport, remote: remoteOf(remote), message });
}

function publishGarbage(reason: string, bytes: Uint8Array, source: SipAddress): void {
  if (!channels.sipGarbage.hasSubscribers) return;
  channels.sipGarbage.publish({ remote: remoteOf(source), reason, bytes: bytes.length });
}
