import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import { networkInterfaces } from "node:os";
import { isLoopbackHost, isPrivateHost, type Config } from "../config/index.ts";
import { type Check, failed, ok, warning } from "./check.ts";

export interface AddressFacts {
  /** Where it listens, and what it tells others instead. */
  readonly host: string;
  readonly advertise: string | undefined;
  /** This machine's own addresses. */
  readonly interfaces: readonly string[];
  /** The names of trunks whose host is a public address. */
  readonly publicTrunks: readonly string[];
  /** The names of trunks whose host nobody knows. */
  readonly unknownTrunks: readonly string[];
}

const EVERYWHERE = new Set(["0.0.0.0", "::"]);

/** `section`: `sip` for signalling, `media` for RTP. */
export function judgeAddress(section: "sip" | "media", facts: AddressFacts): Check {
  const { host, advertise, interfaces, publicTrunks, unknownTrunks } = facts;
  const name = `${section} address`;
  const [trunk] = publicTrunks;
  const told = advertise ?? host;
  if (isIP(host) !== 0 && !EVERYWHERE.has(host) && !interfaces.includes(host) && !isLoopbackHost(host)) {
    return failed(name, `${host} is no address of this machine.`, `Set ${section}.host to one that ip addr shows or to 0.0.0.0, and ${section}.advertise to the address others reach it at.`);
  }
  if (trunk !== undefined && isLoopbackHost(host)) {
    return failed(name, `The trunk ${trunk} cannot reach ${host}: that is this machine alone.`, `Set ${section}.host to 0.0.0.0 or to an address of this machine's network.`);
  }
  const announced = EVERYWHERE.has(told) ? interfaces.filter((address) => isTold(told, address)) : [told];
  if (trunk !== undefined && announced.every(isPrivateHost)) {
    const what = section === "media" ? "its audio will not arrive" : "what it sends will not arrive";
    return warning(
      name, `The trunk ${trunk} is told ${announced.join(", ") || "no address"}, which is private: ${what}.`,
      `Set ${section}.advertise to the public address, and let the router forward ${section === "media" ? "media.ports" : "the SIP port"} to this machine.`,
    );
  }
  const [unknown] = unknownTrunks;
  if (unknown !== undefined) return warning(name, `The host of the trunk ${unknown} has no address now.`, "See whether its name is right, and DNS works here.");
  if (isLoopbackHost(told)) return ok(name, `${told}: for this machine alone.`);
  if (advertise !== undefined && isIP(advertise) !== 0 && !interfaces.includes(advertise)) {
    return ok(name, `${advertise} is told to others; it is not of this machine, so a router must forward to ${host}.`);
  }
  return ok(name, `${announced.join(", ")} is told to others.`);
}

/** Who listens everywhere tells each peer one of these, of its family; one that means nothing outside of its link is told to nobody. */
const isTold = (listening: string, address: string): boolean =>
  !isLoopbackHost(address) && !address.toLowerCase().startsWith("fe80:") && (listening === "::" || isIP(address) === 4);

/** What is known of the way to and from this machine. */
export async function addressFacts(config: Config, section: "sip" | "media"): Promise<AddressFacts> {
  const { host, advertise } = config[section];
  const interfaces = Object.values(networkInterfaces()).flatMap((addresses) => (addresses ?? []).map(({ address }) => address));
  const resolved = await Promise.all(config.trunks.map(async (trunk) => ({ trunk, address: await addressOf(trunk.host) })));
  return {
    host, advertise, interfaces,
    publicTrunks: resolved.filter(({ address }) => address !== undefined && !isPrivateHost(address)).map(({ trunk }) => trunk.name),
    unknownTrunks: resolved.filter(({ address }) => address === undefined).map(({ trunk }) => trunk.name),
  };
}

async function addressOf(host: string): Promise<string | undefined> {
  if (isIP(host) !== 0) return host;
  return await lookup(host).then(({ address }) => address, () => undefined);
}
