import { plainAddress } from "./base/index.ts";
import type { DialTarget } from "./call/index.ts";
import { inCidr, isLoopbackHost, isPrivateHost, type Config, type TrunkConfig } from "./config/index.ts";
import type { Exit } from "./control/index.ts";
import { param, parseSipUri, unescape } from "./sip/index.ts";

/**
 * How a target leaves this server: as the routes have it, a number that is no phone's takes the first trunk. A URI at a
 * trunk's host is a number over that trunk, however it is written; `inside`: nothing listens beyond this machine.
 */
export function exitsOf(config: Pick<Config, "phones" | "trunks" | "limits">, inside: boolean): (target: DialTarget) => Exit | undefined {
  const own = new Set(config.phones.flatMap(({ username, number }) => [username, ...(number === undefined ? [] : [plain(number)])]));
  const [first] = config.trunks;
  return (target) => {
    if (target.type === "uri") return exitOfUri(config, inside, target.uri);
    if (target.type === "user" || own.has(plain(target.number))) return undefined;
    return first && over(first, plain(target.number));
  };
}

/** A number without what is only for the eye, and without the plus. */
const plain = (number: string): string => number.replaceAll(/[+\s().-]/g, "");

function over(trunk: TrunkConfig, number: string): Exit {
  return { type: "trunk", trunk: trunk.name, number, guard: guardOf(trunk) };
}

function guardOf({ host, local }: TrunkConfig): "free" | "until_told" | "guarded" {
  if (local === true) return "free";
  return local === undefined && isPrivateHost(host) ? "until_told" : "guarded";
}

function exitOfUri({ trunks, limits }: Pick<Config, "trunks" | "limits">, inside: boolean, text: string): Exit | undefined {
  const uri = parseSipUri(text);
  if (!uri) return { type: "host", allowed: false };
  // RFC 3261 §19.1.1: with maddr, that is where the request goes.
  const host = sameName(param(uri.params, "maddr") || uri.host);
  const trunk = trunks.find((one) => isSameHost(one.host, host) && (!isLoopbackHost(host) || one.port === undefined || one.port === uri.port));
  if (trunk) return over(trunk, numberOf(uri.user ?? ""));
  const allowed = (inside && isPrivateHost(host)) || (limits?.hosts ?? []).some((entry) => sameName(entry) === host || inCidr(host, entry));
  return { type: "host", allowed };
}

/** A host as all who mean it write it: IPv6 in its one form, IPv4 within IPv6 as IPv4 (RFC 5952, RFC 4291 §2.5.5.2). */
const sameName = (host: string): string => plainAddress(host.toLowerCase().replace(/^\[|\]$/g, "").replace(/\.$/, ""));

/** RFC 6761 §6.3: this machine has a name as well. */
const isSameHost = (one: string, other: string): boolean =>
  sameName(one) === other || (other === "localhost" && isLoopbackHost(one)) || (sameName(one) === "localhost" && isLoopbackHost(other));

/** The digits in the user part, without its parameters: `%2B44-20;phone-context=…` asks for 4420 (RFC 3261 §19.1.6). */
function numberOf(user: string): string {
  return plain(unescape(user.replace(/;.*$/s, "")).replace(/;.*$/s, ""));
}
