import { isIPv4, isIPv6 } from "node:net";
import { channels, type Clock, messageOf, PiopiyError } from "../../base/index.ts";
import type { SipMessage, SipResponse } from "../message/message.ts";
import { param } from "../message/params.ts";
import { serializeMessage } from "../message/serialize.ts";
import { defaultPort, isSecure, type SipAddress } from "../address.ts";
import { type SocketSettings, socketOpener } from "./open-socket.ts";
import { publishMessage } from "./published.ts";
import { toldHost } from "./reachable-host.ts";
import { type Back, type Received, type Receiving, takeIn } from "./received.ts";
import type { OpenTransport, Receive, Transport } from "./transport.ts";

export type { Received };

/** All transports of a user agent (RFC 3261 §18): messages in and out, garbage kept out. */
export interface Network {
  readonly addresses: readonly SipAddress[];
  /** The transport that reaches an address; `undefined` when none does. */
  transportTo(to: SipAddress): Transport | undefined;
  /** Host and port under which a transport is reached by somebody at `to`. */
  reachableAt(transport: Transport, to: SipAddress): SipAddress;
  send(message: SipMessage, to: SipAddress): Promise<void>;
  /** RFC 5626 §3.5.1, and over UDP what keeps a NAT's binding all the same. */
  ping(to: SipAddress): Promise<void>;
  /** The way back for the responses to a request (§18.2.2, RFC 3581). */
  returnPath(request: Received): ReturnPath;
  /** Sends the bytes of a response. */
  answer(path: ReturnPath, bytes: Uint8Array): Promise<void>;
  /** Sends a response back the way its request came. */
  respond(request: Received, response: SipResponse): Promise<void>;
  close(): Promise<void>;
}

/** Where a response goes; of the request it holds nothing else. */
export interface ReturnPath {
  readonly transport: Transport;
  readonly to: SipAddress;
  /** §18.2.2: where it goes when the connection is gone. */
  readonly orElse?: SipAddress;
}

export interface NetworkOptions extends SocketSettings, Receiving {
  readonly clock: Clock;
  readonly listen: readonly SipAddress[];
  readonly advertisedHost?: string | undefined;
  readonly open?: OpenTransport | undefined;
  /** A connection to that address has ended. */
  readonly gone?: (remote: SipAddress) => void;
}

export async function openNetwork(options: NetworkOptions): Promise<Network> {
  const transports: Transport[] = [];
  const sendBytes = (transport: Transport, bytes: Uint8Array, to: SipAddress) => {
    publishMessage("out", bytes, to);
    return transport.send(bytes, to);
  };
  const send = async (transport: Transport, message: SipMessage, to: SipAddress) => await sendBytes(transport, serializeMessage(message), to);
  const answer = async ({ transport, to, orElse }: ReturnPath, bytes: Uint8Array) => {
    try {
      await sendBytes(transport, bytes, to);
    } catch (failure) {
      if (!orElse) throw failure;
      await sendBytes(transport, bytes, orElse);
    }
  };
  const back: Back = (transport, response, to) =>
    void send(transport, response, to).catch((failure: unknown) => {
      // Who talks nonsense and hangs up before the answer is no failure of ours.
      if (!transport.reliable) channels.failure.publish({ layer: "sip", failure: messageOf(failure) });
    });
  const receive: Receive = (bytes, source, transport) => takeIn(options, back, bytes, source, transport);
  await openAll(options, transports, receive);
  for (const { events } of transports) events?.on("gone", (remote) => options.gone?.(remote));
  const transportTo = (to: SipAddress) => {
    const able = transports.filter(({ address }) => reaches(address, to));
    // A socket on the loopback address reaches nobody else, and to there it is the one that is answered.
    return able.find(({ address }) => isLoopback(address.host) === isLoopback(to.host)) ?? able[0];
  };
  return {
    addresses: transports.map(({ address }) => address),
    transportTo,
    reachableAt: ({ address }, to) => ({ ...address, host: toldHost(options.advertisedHost, address.host, to.host) }),
    async send(message, to) {
      const transport = transportTo(to);
      if (!transport) throw new PiopiyError("internal", `no ${to.transport} transport reaches this address family`);
      await send(transport, message, to);
    },
    ping: async (to) => await transportTo(to)?.send(PING, to),
    returnPath: returnPathOf,
    answer,
    respond: (request, response) => answer(returnPathOf(request), serializeMessage(response)),
    close: async () => void (await Promise.all(transports.map((transport) => transport.close()))),
  };
}

function returnPathOf({ transport, source, envelope: { via } }: Received): ReturnPath {
  const port = via.port ?? defaultPort(source.transport);
  // RFC 3261 §18.2.2: the connection is gone: open one to the address in `received` and the port in sent-by.
  if (transport.reliable) return { transport, to: source, orElse: { ...source, port, ...(isSecure(source.transport) && { name: via.host }) } };
  // RFC 3581 §4: with rport the response goes to where the request came from.
  return { transport, to: param(via.params, "rport") === undefined ? { ...source, port } : source };
}

async function openAll(
  options: NetworkOptions, transports: Transport[], receive: Receive,
): Promise<void> {
  const { listen, open = socketOpener(options), clock } = options;
  for (let attempt = 0; ; attempt++) {
    try {
      for (const asked of listen) {
        // UDP and TCP where the system chooses the port: the same one for both.
        const shared = asked.port === 0 && (asked.transport === "udp" || asked.transport === "tcp");
        const sibling = shared ? transports.find(({ address }) => isSibling(address, asked)) : undefined;
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
  address.transport === (asked.transport === "udp" ? "tcp" : "udp") && address.host === asked.host;

/** A socket on `::` takes both families, one on an address the family of that. */
const reaches = (from: SipAddress, to: SipAddress) =>
  from.transport === to.transport && (isIPv6(from.host) ? from.host === "::" || !isIPv4(to.host) : !isIPv6(to.host));

const PING = Buffer.from("\r\n\r\n");

const isLoopback = (host: string) => host.startsWith("127.") || host === "::1";
