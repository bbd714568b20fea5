import type { Clock } from "../../base/index.ts";
import type { SipRequest, SipResponse } from "../message/message.ts";
import type { Network, Received } from "../transport/network.ts";
import type { SipAddress } from "../user-agent-types.ts";
import { client } from "./client.ts";
import { inviteClient } from "./invite-client.ts";
import { inviteServer } from "./invite-server.ts";
import { clientKey, clientKeyOf, mergeKey, serverKey } from "./keys.ts";
import { type RunningTransaction, runTransaction } from "./run-transaction.ts";
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
  readonly count: number;
  close(): void;
}

/** Server transactions at a time; what comes beyond is dropped, and comes again. */
const MAX_SERVER_TRANSACTIONS = 50_000;

interface Served {
  readonly running: RunningTransaction;
  readonly transaction: ServerTransaction;
}

interface Sent {
  readonly running: RunningTransaction;
  last: Received<SipResponse> | undefined;
}

export function createTransactions(
  { clock, timers, network, user }: { clock: Clock; timers: SipTimers; network: () => Network; user: TransactionUser },
): Transactions {
  const clients = new Map<string, Sent>();
  const servers = new Map<string, Served>();
  const merges = new Map<string, string>();

  const serve = (received: Received<SipRequest>, key: string) => {
    const { message: request, envelope, transport } = received;
    const config = { timers, reliable: transport.reliable };
    const merge = envelope.toTag === undefined ? mergeKey(envelope) : undefined;
    if (merge !== undefined && !merges.has(merge)) merges.set(merge, key);
    const transaction: ServerTransaction = {
      received,
      respond: (response) => running.dispatch({ event: "respond", response }),
    };
    const plumbing = {
      clock,
      send: (message: SipRequest | SipResponse) =>
        message.type === "response" ? network().respond(received, message) : Promise.resolve(),
      // RFC 6026 §8.7: an ACK that matches the accepted INVITE itself; the dialog layer knows it by its dialog.
      pass: (message: SipRequest | SipResponse) => {
        if (message.type === "request") user.ack({ ...received, message });
      },
      failed: (why: "timeout" | "transport") => user.failed(transaction, why),
      ended: () => {
        servers.delete(key);
        if (merge !== undefined && merges.get(merge) === key) merges.delete(merge);
      },
    };
    const running = request.method === "INVITE"
      ? runTransaction(inviteServer(request, config), plumbing)
      : runTransaction(server(config), plumbing);
    servers.set(key, { running, transaction });
    user.request(transaction);
  };

  const receiveRequest = (received: Received<SipRequest>) => {
    const { message: request, envelope } = received;
    const key = serverKey(envelope, request.method);
    const served = servers.get(key);
    if (request.method === "ACK") {
      if (served) served.running.dispatch({ event: "ack", request });
      else user.ack(received);
    } else if (served) served.running.dispatch({ event: "request", request });
    else if (servers.size < MAX_SERVER_TRANSACTIONS) serve(received, key);
  };

  return {
    send(request, to, listener) {
      const key = clientKeyOf(request);
      const config = { timers, reliable: to.transport === "tcp" };
      const plumbing = {
        clock,
        send: (message: SipRequest | SipResponse) => network().send(message, to),
        pass: (message: SipRequest | SipResponse) => {
          const last = sent.last;
          if (message.type === "response" && last) listener.response(message, last);
        },
        failed: listener.failed,
        ended: () => void clients.delete(key),
      };
      const running = request.method === "INVITE"
        ? runTransaction(inviteClient(request, config), plumbing)
        : runTransaction(client(request, config), plumbing);
      const sent: Sent = { running, last: undefined };
      clients.set(key, sent);
      return () => {
        running.abandon();
        clients.delete(key);
      };
    },
    receive(received) {
      const { message, envelope } = received;
      if (message.type === "request") return receiveRequest({ ...received, message });
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
