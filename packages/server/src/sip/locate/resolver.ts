import { lookup, Resolver } from "node:dns/promises";
import type { Clock } from "../../base/index.ts";

export interface NaptrRecord {
  readonly order: number;
  readonly preference: number;
  readonly flags: string;
  readonly service: string;
  readonly replacement: string;
}

export interface SrvRecord {
  readonly name: string;
  readonly port: number;
  readonly priority: number;
  readonly weight: number;
}

/** Asks the DNS. Nothing there is an empty list; what fails rejects. */
export interface SipResolver {
  naptr(name: string): Promise<readonly NaptrRecord[]>;
  srv(name: string): Promise<readonly SrvRecord[]>;
  /** IPv4 and IPv6 addresses, best first. */
  addresses(name: string): Promise<readonly string[]>;
}

/** The machine's own resolver: for addresses its hosts file counts too. */
export function systemResolver(): SipResolver {
  const dns = new Resolver({ timeout: 2000, tries: 2 });
  return {
    naptr: (name) => dns.resolveNaptr(name),
    srv: (name) => dns.resolveSrv(name),
    addresses: async (name) => (await lookup(name, { all: true, order: "ipv4first" })).map(({ address }) => address),
  };
}

/**
 * How long an answer is used, in ms. Deviation: RFC 1035 §3.2.1 has the time to live of the records for it, and the
 * system's resolver does not tell it; half a minute is what those that mean to change quickly are given.
 */
const KEPT_MS = { found: 30_000, nothing: 5000 } as const;
const MAX_KEPT = 1000;

/** Asks each thing once in a while; what fails is nothing, and is asked again soon. Never rejects. */
export function cachingResolver(resolver: SipResolver, clock: Clock): SipResolver {
  const cached = <T>(ask: (name: string) => Promise<readonly T[]>) => {
    const answers = new Map<string, { readonly answer: Promise<readonly T[]>; untilMs: number }>();
    return (name: string): Promise<readonly T[]> => {
      const known = answers.get(name);
      if (known && known.untilMs > clock.monotonicMs()) return known.answer;
      const answer = ask(name).catch((): readonly T[] => []);
      // Until it has come, whoever asks waits for the same answer.
      const entry = { answer, untilMs: Number.POSITIVE_INFINITY };
      answers.delete(name);
      answers.set(name, entry);
      const [oldest] = answers.keys();
      if (answers.size > MAX_KEPT && oldest !== undefined) answers.delete(oldest);
      void answer.then((records) => {
        entry.untilMs = clock.monotonicMs() + (records.length > 0 ? KEPT_MS.found : KEPT_MS.nothing);
      });
      return answer;
    };
  };
  return {
    naptr: cached((name) => resolver.naptr(name)),
    srv: cached((name) => resolver.srv(name)),
    addresses: cached((name) => resolver.addresses(name)),
  };
}
