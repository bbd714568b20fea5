import { inCidr, type Config } from "./config/index.ts";
import type { UserAgentOptions } from "./sip/index.ts";

/** Many requests at once come from one address when the power comes back to an office: twenty seconds' worth. */
const BURST_SECONDS = 20;
/** Hosts whose trust is remembered. */
const MAX_REMEMBERED = 10_000;

/** From when on there is more to do than can be done, and new calls are refused. */
export type WorkLimits = Pick<NonNullable<UserAgentOptions["protection"]>, "overload" | "intake">;

/** How strangers are kept within limits; trunks, this machine and whom the configuration names are none. */
export function protectionOf(
  { sip, trunks }: Pick<Config, "sip" | "trunks">,
  work: WorkLimits = {},
): Pick<UserAgentOptions, "protection" | "connectionsPerAddress"> {
  const { guard } = sip;
  if (guard?.enabled === false) return { connectionsPerAddress: guard.connections_per_address };
  const blocks = ["127.0.0.0/8", "::1", ...(guard?.trusted ?? []), ...trunks.flatMap(({ allow }) => allow)];
  const hosts = new Set(trunks.map(({ host }) => host));
  const isTrusted = remembered((host) => hosts.has(host) || blocks.some((block) => inCidr(host, block)));
  if (!guard) return { protection: { isTrusted, ...work } };
  const strangers = { burst: guard.requests_per_second * BURST_SECONDS, perSecond: guard.requests_per_second };
  const failures = { burst: Math.max(5, guard.failures_per_minute * 2), perSecond: guard.failures_per_minute / 60 };
  return { protection: { isTrusted, limits: { strangers, failures }, ...work }, connectionsPerAddress: guard.connections_per_address };
}

/** Asked for every request: looked at once for each host. */
function remembered(ask: (host: string) => boolean): (host: string) => boolean {
  const answers = new Map<string, boolean>();
  return (host) => {
    const known = answers.get(host);
    if (known !== undefined) return known;
    if (answers.size >= MAX_REMEMBERED) answers.clear();
    const answer = ask(host);
    answers.set(host, answer);
    return answer;
  };
}
