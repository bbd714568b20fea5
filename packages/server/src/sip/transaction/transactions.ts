import type { Clock } from "../../base/index.ts";
import { header, type SipRequest, type SipResponse } from "../message/message.ts";
import { parseNameAddr, tagOf } from "../message/name-addr.ts";
import type { Network, Received } from "../transport/network.ts";
import { sameFlow, type SipAddress } from "../address.ts";
import { client } from "./client.ts";
import { inviteClient } from "./invite-client.ts";
import { inviteServer } from "./invite-server.ts";
import { clientKey, clientKeyOf, mergeKey, serverKey } from "./keys.ts";
import { type RunningTransaction, runTransaction, type TransactionPlumbing } from "./run-transaction.ts";
import { server } from "./server.ts";
import type { SipTimers } from "./timers.ts";

export type ResponseListener = {
  readonly response: (response: SipResponse, received: Received<SipResponse>) => void;
  readonly failed: (why: "timeout" | "transport") => void;
};

/** The server side of one request. */
export interface ServerTransaction {
  readonly received: Received<SipRequest>;
  respond(response: SipResponse): void;
}

/** What is above the transactions (RFC 3261 §5: the transaction user). */
export interface TransactionUser {
  /** Whether a new request is taken; it is dropped, or has been answered, when not. */
  admits(received: Received<SipRequest>): boolean;
  /** A final response goes out. */
  answered(received: Received<SipRequest>, response: SipResponse): void;
  /** A new request, never an ACK. */
  request(transaction: ServerTransaction): void;
  /** An ACK that belongs to a 2xx. */
  ack(received: Received<SipRequest>): void;
  /** The ACK never came, or a response could not be sent. */
  failed(transaction: ServerTransaction, why: "timeout" | "transport"): void;
}

export interface Transactions {
  /** Sends a request that has its Via, and hears its responses. Returns a function that forgets the transaction. */
  send(request: SipRequest, to: SipAddress, listener: ResponseListener): () => void;
  receive(received: Received): void;
  /** The INVITE a CANCEL means (§9.2). */
  inviteOf(cancel: Received<SipRequest>): ServerTransaction | undefined;
  /** Whether this request has come before on another way (§8.2.2.2). */
  isMerged(received: Received<SipRequest>): boolean;
  /** A connection has ended: what waits for an answer over it waits in vain (RFC 3261 §18.4). */
  gone(remote: SipAddress): void;
  readonly count: number;
  close(): void;
}

/** Server transactions at a time; what comes beyond is dropped, and comes again. */
const MAX_SERVER_TRANSACTIONS = 100_000;

interface Served {
  readonly running: RunningTransaction;
  readonly transaction: ServerTransaction;
}

interface Sent {
  readonly running: RunningTransaction;
  readonly to: SipAddress;
  last: Received<SipResponse> | undefined;
}

interface Tables {
  readonly clients: Map<string, Sent>;
  readonly servers: Map<string, Served>;
  /** Server keys by merge key. */
  readonly merges: Map<string, string>;
}

interface Plumbing {
  readonly clock: Clock;
  readonly timers: SipTimers;
  /** Asked for late: the transports begin to receive before they are all open. */
  readonly network: () => Network;
  readonly user: TransactionUser;
}

export function createTransactions(plumbing: Plumbing): Transactions {
  const tables: Tables = { clients: new Map(), servers: new Map(), merges: new Map() };
  const { clients, servers, merges } = tables;
  return {
    send: (request, to, listener) => startClient(plumbing, tables, { request, to, listener }),
    receive(received) {
      const { message, envelope } = received;
      if (message.type === "request") return receiveRequest(plumbing, tables, { ...received, message });
      const sent = clients.get(clientKey(envelope.via, envelope.cseq.method));
      if (!sent) return;
      sent.last = { ...received, message };
      sent.running.dispatch({ event: "response", response: message });
    },
    inviteOf: (cancel) => servers.get(serverKey(cancel.envelope, "INVITE"))?.transaction,
    isMerged({ message, envelope }) {
      const first = envelope.toTag === undefined ? merges.get(mergeKey(envelope)) : undefined;
      return first !== undefined && first !== serverKey(envelope, message.method);
    },
    gone(remote) {
      for (const { running, to } of clients.values()) if (sameFlow(to, remote)) running.dispatch({ event: "transport error" });
    },
    get count() {
      return clients.size + servers.size;
    },
    close() {
      for (const { running } of [...clients.values(), ...servers.values()]) running.abandon();
      clients.clear();
      servers.clear();
      merges.clear();
    },
  };
}

function startClient(
  { clock, timers, network }: Plumbing, { clients }: Tables,
  { request, to, listener }: { request: SipRequest; to: SipAddress; listener: ResponseListener },
): () => void {
  const key = clientKeyOf(request);
  const config = { timers, reliable: to.transport !== "udp" };
  const plumbing: TransactionPlumbing = {
    clock,
    send: (message) => network().send(message, to),
    pass(message) {
      const last = sent.last;
      if (message.type === "response" && last) listener.response(message, last);
    },
    failed: (why) => listener.failed(why),
    ended: () => void clients.delete(key),
  };
  const running = request.method === "INVITE"
    ? runTransaction(inviteClient(request, config), plumbing)
    : runTransaction(client(request, config), plumbing);
  const sent: Sent = { running, to, last: undefined };
  clients.set(key, sent);
  return () => {
    running.abandon();
    clients.delete(key);
  };
}

function receiveRequest(plumbing: Plumbing, tables: Tables, received: Received<SipRequest>): void {
  const { message: request, envelope } = received;
  const key = serverKey(envelope, request.method);
  const served = tables.servers.get(key);
  if (request.method === "ACK") {
    if (served) served.running.dispatch({ event: "ack", request });
    else plumbing.user.ack(received);
  } else if (served) served.running.dispatch({ event: "request", request });
  else if (tables.servers.size < MAX_SERVER_TRANSACTIONS && plumbing.user.admits(received)) startServer(plumbing, tables, received, key);
}

function startServer(
  { clock, timers, network, user }: Plumbing, { servers, merges }: Tables, received: Received<SipRequest>, key: string,
): void {
  const { message: request, envelope, transport } = received;
  const config = { timers, reliable: transport.reliable };
  const merge = envelope.toTag === undefined ? mergeKey(envelope) : undefined;
  if (merge !== undefined && !merges.has(merge)) merges.set(merge, key);
  const transaction: ServerTransaction = {
    received,
    respond(response) {
      if (response.status >= 200) user.answered(received, response);
      running.dispatch({ event: "respond", response });
    },
  };
  const plumbing: TransactionPlumbing = {
    clock,
    send: (message) => (message.type === "response" ? network().respond(received, message) : Promise.resolve()),
    // RFC 6026 §8.7: an ACK that matches the accepted INVITE itself; the dialog layer knows it by its dialog.
    pass(message) {
      if (message.type === "request") user.ack({ ...received, message, envelope: { ...envelope, ...ackTag(message) } });
    },
    failed: (why) => user.failed(transaction, why),
    ended() {
      servers.delete(key);
      if (merge !== undefined && merges.get(merge) === key) merges.delete(merge);
    },
  };
  const running = request.method === "INVITE"
    ? runTransaction(inviteServer(request, config), plumbing)
    : runTransaction(server(config), plumbing);
  servers.set(key, { running, transaction });
  user.request(transaction);
}

/** The INVITE had no To tag; its ACK names the dialog with one. */
function ackTag(ack: SipRequest): { readonly toTag: string | undefined } {
  const to = parseNameAddr(header(ack, "To") ?? "");
  return { toTag: to && tagOf(to) };
}
