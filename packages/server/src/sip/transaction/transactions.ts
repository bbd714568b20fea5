import type { Clock } from "../../base/index.ts";
import type { SipRequest, SipResponse } from "../message/message.ts";
import { serializeMessage } from "../message/serialize.ts";
import type { Network, Received } from "../transport/network.ts";
import { sameFlow, type SipAddress } from "../address.ts";
import { client } from "./client.ts";
import { inviteClient } from "./invite-client.ts";
import { inviteServer } from "./invite-server.ts";
import { clientKey, clientKeyOf, mergeKey, serverKey } from "./keys.ts";
import { createLingering, type Lingering, type Rest } from "./lingering.ts";
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
  /** What was said is not repeated, and nothing is kept of it: a request that comes again is a new one. */
  forget(): void;
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
  /** The INVITE a CANCEL means (§9.2), while it waits for its final response; then that it has been accepted. */
  inviteOf(cancel: Received<SipRequest>): ServerTransaction | "accepted" | undefined;
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
  readonly lingering: Lingering;
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
  const merges = new Map<string, string>();
  const forget = (key: string, { merge }: Rest) => unmerge(merges, merge, key);
  const lingering = createLingering(plumbing.clock, 64 * plumbing.timers.t1, forget);
  const tables: Tables = { clients: new Map(), servers: new Map(), lingering, merges };
  const { clients, servers } = tables;
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
    inviteOf(cancel) {
      const key = serverKey(cancel.envelope, "INVITE");
      return servers.get(key)?.transaction ?? (lingering.get(key) && "accepted");
    },
    isMerged({ message, envelope }) {
      const first = envelope.toTag === undefined ? merges.get(mergeKey(envelope)) : undefined;
      return first !== undefined && first !== serverKey(envelope, message.method);
    },
    gone(remote) {
      for (const { running, to } of clients.values()) if (sameFlow(to, remote)) running.dispatch({ event: "transport error" });
    },
    get count() {
      return clients.size + servers.size + lingering.size;
    },
    close() {
      for (const { running } of [...clients.values(), ...servers.values()]) running.abandon();
      clients.clear();
      servers.clear();
      lingering.close();
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
  const rest = served ? undefined : tables.lingering.get(key);
  if (request.method === "ACK") {
    // RFC 6026 §8.7: also one that matches the accepted INVITE itself; the dialog layer knows it by its dialog.
    if (served) served.running.dispatch({ event: "ack", request });
    else plumbing.user.ack(received);
  } else if (served) served.running.dispatch({ event: "request", request });
  else if (rest) repeat(plumbing, rest);
  else if (tables.servers.size + tables.lingering.size < MAX_SERVER_TRANSACTIONS && plumbing.user.admits(received)) {
    startServer(plumbing, tables, received, key);
  }
}

/** RFC 3261 §17.2.2: the last response once more. Whoever does not get it asks again. */
function repeat({ network }: Plumbing, { last }: Rest): void {
  if (last) network().answer(last.path, last.bytes).catch(() => undefined);
}

function startServer(
  { clock, timers, network, user }: Plumbing, { servers, lingering, merges }: Tables, received: Received<SipRequest>, key: string,
): void {
  const { message: request, envelope, transport } = received;
  const config = { timers, reliable: transport.reliable };
  const isInvite = request.method === "INVITE";
  const merge = envelope.toTag === undefined ? mergeKey(envelope) : undefined;
  if (merge !== undefined && !merges.has(merge)) merges.set(merge, key);
  const path = network().returnPath(received);
  let last: Uint8Array | undefined;
  const transaction: ServerTransaction = {
    received,
    respond(response) {
      if (response.status >= 200) user.answered(received, response);
      running.dispatch({ event: "respond", response });
      if (running.state() === (isInvite ? "accepted" : "completed")) linger();
    },
    forget() {
      running.abandon();
      ended();
    },
  };
  const ended = () => {
    servers.delete(key);
    lingering.delete(key);
    unmerge(merges, merge, key);
  };
  const linger = () => {
    running.release();
    if (servers.delete(key)) lingering.add(key, isInvite || !last ? { merge } : { merge, last: { path, bytes: last } });
  };
  const plumbing: TransactionPlumbing = {
    clock,
    send(message) {
      last = serializeMessage(message);
      return network().answer(path, last);
    },
    // The ACK to a 2xx does not come here: the INVITE lingers.
    pass: () => undefined,
    failed: (why) => user.failed(transaction, why),
    ended,
  };
  const running = isInvite ? runTransaction(inviteServer(request, config), plumbing) : runTransaction(server(config), plumbing);
  servers.set(key, { running, transaction });
  user.request(transaction);
}

function unmerge(merges: Map<string, string>, merge: string | undefined, key: string): void {
  if (merge !== undefined && merges.get(merge) === key) merges.delete(merge);
}
