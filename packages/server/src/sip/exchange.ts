import { createAuthorizer } from "./auth/authorizer.ts";
import type { Core } from "./core.ts";
import { sendImpatiently } from "./impatience.ts";
import { retryAfterMs } from "./message/retry-after.ts";
import { type Header, header, type SipRequest, type SipResponse } from "./message/message.ts";
import { hostPort } from "./message/uri.ts";
import { BRANCH_COOKIE } from "./message/via.ts";
import { serializeMessage } from "./message/serialize.ts";
import type { Received } from "./transport/network.ts";
import type { SipAddress } from "./address.ts";
import type { Credentials } from "./user-agent-types.ts";

/** One attempt of a request on its way. */
export interface Sent {
  /** With its Via. */
  readonly request: SipRequest;
  readonly to: SipAddress;
}

/** A request that may need several attempts: challenges, another transport or server (RFC 3261 §8.1.3.5, §18.1.1, §22; RFC 3263). */
export interface Plan {
  /** The next attempt, without Via, with a CSeq of its own. */
  build(to: SipAddress, credentials: readonly Header[]): SipRequest;
  /** Where to try, best first. */
  destinations(): Promise<readonly SipAddress[]>;
  /** The transport is ours to choose: a large request prefers TCP. */
  readonly transportOpen: boolean;
  /** What challenges are answered with. */
  readonly credentials: Credentials | undefined;
  /** Whether it still makes sense to answer a challenge. */
  wanted(): boolean;
}

export interface ExchangeListener {
  /** Every response but the challenges that are answered; a 2xx to INVITE may come more than once. */
  response(response: SipResponse, received: Received<SipResponse>, sent: Sent): void;
  failed(why: "timeout" | "transport", sent: Sent | undefined): void;
  /** A server that was given up has a response to its INVITE after all. */
  late?(response: SipResponse, received: Received<SipResponse>, sent: Sent): void;
}

export interface Exchange {
  /** The newest attempt; `undefined` while the destination is looked up. */
  current(): Sent | undefined;
  /** Stops listening and sending. */
  forget(): void;
}

/** RFC 3261 §18.1.1: larger requests need a congestion-controlled transport, if the path's MTU is not known. */
const MAX_DATAGRAM = 1300;

/** Starts a request and sees it through its attempts. */
export function exchange(core: Core, plan: Plan, listener: ExchangeListener): Exchange {
  let authorizer = authorizerOf(core, plan);
  let sent: Sent | undefined;
  let forgotten = false;
  let forgetAttempt: () => void = () => undefined;
  const closed = () => {
    forgetAttempt();
    fail("transport", sent);
  };
  const over = () => void core.exchanges.delete(closed);
  const fail = (why: "timeout" | "transport", attempted: Sent | undefined) => {
    over();
    listener.failed(why, attempted);
  };
  core.exchanges.add(closed);

  /** RFC 3263 §4.3: another server after a transport failure, a timeout or a 503, with a transaction of its own. */
  const next = (failed: SipAddress, others: readonly SipAddress[], forMs?: number): boolean => {
    core.locator.avoid(failed, forMs);
    if (others.length === 0 || !plan.wanted()) return false;
    authorizer = authorizerOf(core, plan);
    attempt(others, [], plan.transportOpen);
    return true;
  };

  const attempt = ([destination, ...others]: readonly SipAddress[], credentials: readonly Header[], mayUpgrade: boolean): void => {
    if (!destination) return fail("transport", undefined);
    const bare = plan.build(destination, credentials);
    const upgraded = mayUpgrade ? tcpFor(core, destination, bare) : undefined;
    const to = upgraded ?? destination;
    if (!core.network.transportTo(to)) return others.length > 0 ? attempt(others, credentials, mayUpgrade) : fail("transport", undefined);
    const current: Sent = { request: withVia(core, upgraded ? plan.build(to, credentials) : bare, to), to };
    sent = current;
    forgetAttempt = sendImpatiently(core, current, {
      leave: others.length > 0 ? () => plan.wanted() && next(destination, others) : undefined,
      late: (response, received) => listener.late?.(response, received, current),
      response: (response, received) => {
        const answer = plan.wanted() ? authorizer?.answer(current.request, response) : undefined;
        if (answer) return attempt([destination, ...others], answer, mayUpgrade);
        if (response.status === 503 && next(destination, others, retryAfterMs(response) ?? 0)) return;
        if (response.status >= 200) over();
        listener.response(response, received, current);
      },
      failed: (why) => {
        // RFC 3261 §18.1.1: when TCP was only our idea and the peer has none, UDP it is.
        if (upgraded && why === "transport") attempt([destination, ...others], credentials, false);
        else if (!next(destination, others)) fail(why, current);
      },
    });
  };

  plan.destinations().then(
    (targets) => (forgotten || core.signal.aborted ? undefined : attempt(targets, [], plan.transportOpen)),
    () => fail("transport", undefined),
  );
  return {
    current: () => sent,
    forget() {
      forgotten = true;
      over();
      forgetAttempt();
    },
  };
}

/** RFC 3261 §22.1: for each server anew. What one was told the next has not heard, and it challenges by a nonce of its own. */
const authorizerOf = (core: Core, { credentials }: Plan) => credentials && createAuthorizer(credentials, core.ids);

function tcpFor(core: Core, to: SipAddress, request: SipRequest): SipAddress | undefined {
  const overTcp: SipAddress = { ...to, transport: "tcp" };
  if (to.transport !== "udp" || !core.network.transportTo(overTcp)) return undefined;
  const bytes = serializeMessage(withVia(core, request, to)).length;
  return bytes > MAX_DATAGRAM || !core.network.transportTo(to) ? overTcp : undefined;
}

/** The request with a Via of its own on top (RFC 3261 §8.1.1.7, RFC 3581 §3; `alias`: RFC 5923 §8.1). */
export function withVia(core: Core, request: SipRequest, to: SipAddress): SipRequest {
  const transport = core.network.transportTo(to);
  const { host, port } = transport ? core.network.reachableAt(transport, to) : to;
  const branch = `${BRANCH_COOKIE}${core.ids.token(16)}`;
  const via: Header = ["Via", `SIP/2.0/${to.transport.toUpperCase()} ${hostPort(host, port)};branch=${branch};rport${to.transport === "tls" ? ";alias" : ""}`];
  return { ...request, headers: [via, ...request.headers] };
}

/** The credentials a request was sent with: the ACK to its 2xx carries the same (§13.2.2.4). */
export function credentialsOf(request: SipRequest): readonly Header[] {
  return ["Authorization", "Proxy-Authorization"].flatMap((name): Header[] => {
    const value = header(request, name);
    return value === undefined ? [] : [[name, value]];
  });
}
