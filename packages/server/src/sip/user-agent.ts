import { channels, Emitter, messageOf } from "../base/index.ts";
import { ALLOW, type Core, serverHeader, SUPPORTED } from "./core.ts";
import { dialogKey } from "./dialog/dialog-state.ts";
import { inviteIn } from "./dialog/incoming-invite.ts";
import { confirmedDialog } from "./dialog/live-dialog.ts";
import { inviteOut } from "./dialog/outgoing-invite.ts";
import { isTooBrief, TOO_BRIEF } from "./dialog/session-timer.ts";
import { exchange } from "./exchange.ts";
import { handOver, incomingRequest } from "./incoming-request.ts";
import { createGuard } from "./guard/guard.ts";
import { createOverload } from "./guard/overload.ts";
import { admits, receiveInTurn, refuse } from "./guard/admission.ts";
import { createIntake } from "./guard/intake.ts";
import { createLocator } from "./locate/locator.ts";
import { systemResolver } from "./locate/resolver.ts";
import { noBody, type SipRequest, type SipResponse } from "./message/message.ts";
import { respondTo } from "./message/respond.ts";
import { outsideRequest } from "./outside-request.ts";
import { DEFAULT_TIMERS } from "./transaction/timers.ts";
import { createTransactions, type ServerTransaction, type TransactionUser } from "./transaction/transactions.ts";
import { type Network, openNetwork, type Received } from "./transport/network.ts";
import { INSIDE_ONLY, refusalOf } from "./uas-rules.ts";
import type { OutgoingRequest, UserAgent, UserAgentEvents, UserAgentOptions } from "./user-agent-types.ts";

/** Opens the transports and starts to listen. Rejects when an address cannot be listened on. */
export async function createUserAgent(options: UserAgentOptions): Promise<UserAgent> {
  const { clock, ids, product, listen, advertisedHost, tls, webSocket, connectionsPerAddress } = options;
  const timers = { ...DEFAULT_TIMERS, ...options.timers };
  const events = new Emitter<UserAgentEvents>();
  const closing = new AbortController();
  const guard = options.protection && createGuard(clock, options.protection);
  const overload = options.protection && createOverload(clock, options.protection.overload);
  const intake = overload && createIntake<Received<SipRequest>>(clock, {
    take: (received) => guarded(() => transactions.receive(received)),
    refuse: (received, waitedMs) => guarded(() => refuse(core, received, waitedMs, guard, overload)),
  }, options.protection?.intake);
  const user: TransactionUser = {
    admits: (received) => admits(core, received, guard, overload),
    answered: ({ message, source }, response) => guard?.answered(message, source, response),
    request: (transaction) => receiveRequest(core, events, transaction),
    ack: (received) => dialogOf(core, received)?.ack(received),
    failed: (transaction) => core.waiting.get(transaction)?.failed?.(),
  };
  const transactions = createTransactions({ clock, timers, network: () => network, user });
  const network: Network = await openNetwork({
    clock, guard, listen, advertisedHost, tls, webSocket, connectionsPerAddress,
    open: options.openTransport,
    refusal: () => ({ toTag: ids.token(10), headers: serverHeader({ product }) }),
    gone: (remote) => guarded(() => {
      transactions.gone(remote);
      events.emit("gone", remote);
    }),
    receive: (received) => guarded(() => (intake ? receiveInTurn(core, received, intake) : transactions.receive(received))),
  });
  const spoken = new Set(network.addresses.map(({ transport }) => transport));
  const locator = createLocator({ clock, ids, resolver: options.resolver ?? systemResolver(), speaks: (transport) => spoken.has(transport), reaches: (target) => network.transportTo(target) !== undefined });
  const core: Core = {
    clock, ids, timers, product, network, transactions, locator,
    dialogs: new Map(), pracks: new Map(), waiting: new Map(), exchanges: new Set(), signal: closing.signal,
  };
  return {
    addresses: network.addresses,
    events,
    locate: async (to) => (await (typeof to === "string" ? locator.ofUri(to) : locator.ofHop(to)))[0],
    invite: (request) => inviteOut(core, request),
    request: (method, request) => requestOut(core, method, request),
    dialog: (id) => confirmedDialog(core, id),
    ping: (to) => network.ping(to),
    async close() {
      if (closing.signal.aborted) return;
      for (const entry of core.dialogs.values()) entry.close();
      closing.abort();
      intake?.close();
      overload?.close();
      for (const closed of core.exchanges) closed();
      core.dialogs.clear();
      transactions.close();
      await network.close();
    },
  };
}

/** What a listener throws must not reach the socket: it would end the process for one bad call. */
function guarded(work: () => void): void {
  try {
    work();
  } catch (failure) {
    channels.failure.publish({ layer: "sip", failure: messageOf(failure) });
  }
}

function requestOut(core: Core, method: string, options: OutgoingRequest): Promise<SipResponse> {
  const outside = outsideRequest(core, method, options);
  return new Promise((resolve) => {
    exchange(core, {
      ...outside,
      credentials: options.credentials,
      wanted: () => true,
    }, {
      response(response) {
        if (response.status >= 200) resolve(response);
      },
      // RFC 3261 §8.1.3.1: a timeout is treated as a 408, a transport error as a 503.
      failed(why, sent) {
        const request: SipRequest = sent?.request ?? { type: "request", method, uri: options.target, headers: [], body: noBody };
        resolve(respondTo(request, why === "timeout" ? 408 : 503));
      },
    });
  });
}

const dialogOf = (core: Core, { envelope }: Received<SipRequest>) =>
  core.dialogs.get(dialogKey(envelope.callId, envelope.toTag ?? "", envelope.fromTag));

/** A request that no server transaction knows (RFC 3261 §8.2). */
function receiveRequest(core: Core, events: Emitter<UserAgentEvents>, transaction: ServerTransaction): void {
  const { received } = transaction;
  const { message: request, envelope } = received;
  const refuse = (status: number, headers: SipResponse["headers"] = [], toTag = core.ids.token(10)) => {
    transaction.respond(respondTo(request, status, {
      toTag, headers: [...headers, ...serverHeader(core)],
    }));
    // RFC 3261 §8.2.7, §26.3.2.4: nobody has been asked who he is; the same request will be answered the same.
    if (request.method === "INVITE") transaction.forget();
  };
  if (core.signal.aborted) return;
  if (request.method === "CANCEL") {
    const invite = core.transactions.inviteOf(received);
    // §9.2: 481 when there is nothing to cancel; 200 even when it comes too late to change anything.
    const waiting = invite && invite !== "accepted" ? core.waiting.get(invite) : undefined;
    refuse(invite ? 200 : 481, [], waiting?.toTag);
    return waiting?.cancel();
  }
  const refusal = refusalOf(request);
  if (refusal) return refuse(refusal.status, refusal.headers);
  if (envelope.toTag !== undefined) {
    const prack = request.method === "PRACK" ? core.pracks.get(dialogKey(envelope.callId, envelope.toTag, envelope.fromTag)) : undefined;
    if (prack) return prack(transaction);
    const dialog = dialogOf(core, received);
    return dialog ? dialog.request(transaction) : refuse(481);
  }
  if (core.transactions.isMerged(received)) return refuse(482);
  if (INSIDE_ONLY.has(request.method)) return refuse(481);
  passUp(core, events, transaction, refuse);
}

function passUp(
  core: Core, events: Emitter<UserAgentEvents>, transaction: ServerTransaction, refuse: (status: number, headers?: SipResponse["headers"]) => void,
): void {
  const { message: request } = transaction.received;
  if (request.method === "INVITE") {
    if (events.count("invite") === 0) return refuse(480);
    if (isTooBrief(request)) return refuse(422, TOO_BRIEF);
    const incoming = inviteIn(core, transaction);
    return handOver(incoming, () => events.emit("invite", incoming));
  }
  if (events.count("request") === 0) {
    return request.method === "OPTIONS" ? refuse(200, [ALLOW, SUPPORTED]) : refuse(405, [ALLOW]);
  }
  const incoming = incomingRequest(core, transaction, { toTag: core.ids.token(10) });
  handOver(incoming, () => events.emit("request", incoming));
}
