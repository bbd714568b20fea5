import { channels, createBuckets, networkOf, type Allowance, type Clock } from "../../base/index.ts";
import type { SipAddress } from "../address.ts";
import { header, headerLines, type SipRequest, type SipResponse } from "../message/message.ts";
import { remoteOf } from "../transport/transport.ts";
import { isScanner } from "./scanners.ts";

/** What one address may do before it is known who is there. */
export interface GuardLimits {
  /** Requests that come without good credentials. */
  readonly strangers: Allowance;
  /** Wrong credentials. */
  readonly failures: Allowance;
  /** What is no SIP, or malformed. */
  readonly nonsense: Allowance;
}

export interface GuardOptions {
  /** Addresses that are never limited: those of trunks. */
  readonly isTrusted: (host: string) => boolean;
  readonly limits?: Partial<GuardLimits>;
}

/**
 * Keeps out who guesses, scans and babbles: what it refuses is dropped without an answer, which tells nobody that there
 * is a server (RFC 3261 §26.1.5, RFC 5039). Whoever has shown good credentials on a flow is not limited on it.
 */
export interface Guard {
  /** Whether what comes from there is read at all. */
  hears(source: SipAddress): boolean;
  /** Something from there was no SIP message; whether it is worth an answer. */
  nonsense(source: SipAddress): boolean;
  /** Whether a new request outside a dialog is taken. */
  admits(request: SipRequest, source: SipAddress): boolean;
  /** How a request was answered in the end: what that says of who sent it. */
  answered(request: SipRequest, source: SipAddress, response: SipResponse): void;
}

/** A phone that is switched on asks a few times; hundreds behind one NAT after a power cut ask a few hundred times. */
const USUAL: GuardLimits = {
  strangers: { burst: 1000, perSecond: 50 },
  failures: { burst: 30, perSecond: 0.2 },
  nonsense: { burst: 60, perSecond: 1 },
};

/** Flows known to be good, at a time. */
const MAX_FLOWS = 20_000;

export function createGuard(clock: Clock, { isTrusted, limits }: GuardOptions): Guard {
  const { strangers: asking, failures: guessing, nonsense: babbling } = { ...USUAL, ...limits };
  const strangers = createBuckets(clock, asking);
  const failures = createBuckets(clock, guessing);
  const nonsense = createBuckets(clock, babbling);
  const good = new Set<string>();
  const isKnown = (source: SipAddress) => good.has(flowKey(source)) || isTrusted(source.host);
  const drop = (source: SipAddress, why: string): false => {
    if (channels.sipRefused.hasSubscribers) channels.sipRefused.publish({ remote: remoteOf(source), why });
    return false;
  };
  return {
    // Nobody has babbled: nothing is looked up.
    hears: (source) => nonsense.size === 0 || nonsense.waitMs(networkOf(source.host)) === 0 || isKnown(source) || drop(source, "nonsense"),
    nonsense: (source) => isTrusted(source.host) || nonsense.take(networkOf(source.host)),
    admits(request, source) {
      if (isKnown(source)) return true;
      const key = networkOf(source.host);
      if (isScanner(header(request, "User-Agent"))) return drop(source, "scanner");
      if (failures.size > 0 && failures.waitMs(key) > 0) return drop(source, "failures");
      return strangers.take(key) || drop(source, "strangers");
    },
    answered(request, source, response) {
      if (header(request, "Authorization") === undefined && header(request, "Proxy-Authorization") === undefined) return;
      const key = networkOf(source.host);
      const flow = flowKey(source);
      if (isRefusal(response)) {
        if (isStale(response)) return;
        good.delete(flow);
        failures.take(key);
        return;
      }
      if (!isProof(request, response)) return;
      // This request, and the one that was challenged before it.
      strangers.give(key, 2);
      good.delete(flow);
      good.add(flow);
      const [oldest] = good;
      if (good.size > MAX_FLOWS && oldest !== undefined) good.delete(oldest);
    },
  };
}

const flowKey = (source: SipAddress): string => `${source.transport} ${remoteOf(source)}`;

/**
 * Only registrations and calls are asked for credentials, and only what was done for them says that they were right: an
 * OPTIONS is answered whatever it carries, and an INVITE may be refused for its form before anybody looks at who sent it.
 */
const isProof = ({ method }: SipRequest, { status }: SipResponse): boolean =>
  (method === "REGISTER" || method === "INVITE") && status >= 200 && status < 300;

const isRefusal = ({ status }: SipResponse): boolean => status === 400 || status === 401 || status === 403 || status === 407;

/** RFC 7616 §3.3: the credentials were right, only too old. */
const isStale = (response: SipResponse): boolean =>
  ["WWW-Authenticate", "Proxy-Authenticate"].some((name) => headerLines(response, name).some((value) => /\bstale\s*=\s*"?true/i.test(value)));
