/** How a target leaves this server. Phones that are registered here do not: they have none. */
export type Exit =
  | {
      readonly type: "trunk";
      readonly trunk: string;
      /** What the trunk is asked for: digits, or whatever stands before the @ of a URI. */
      readonly number: string;
      /**
       * `free`: it leads to phones of our own only. `until_told`: every number, as long as nobody told which ones may be
       * called (development). `guarded`: none, until somebody tells.
       */
      readonly guard: "free" | "until_told" | "guarded";
    }
  | {
      /** A SIP URI that leads to no trunk. */
      readonly type: "host";
      /** Whether the configuration lets URIs lead there. */
      readonly allowed: boolean;
    };

/** Numbers by their first digits, country code first; `*` is every number. */
export interface Destinations {
  readonly destinations?: readonly string[] | undefined;
  readonly deny?: readonly string[] | undefined;
}

export interface ServerDestinations extends Destinations {
  /** Its numbers may be called, beside `destinations`. */
  readonly country?: string | undefined;
}

/** Why a target may not be called. The message names no number: it is shown to whoever asked, and logged. */
export interface Refusal {
  readonly reason: "denied" | "not_allowed" | "not_told" | "foreign_host" | "refer_off" | "minutes_used_up";
  readonly message: string;
}

const NOT_TOLD: Refusal = {
  reason: "not_told",
  message: "may not be called: this server is not told which numbers may be called over trunks; configure /limits/country or /limits/destinations",
};
const NOT_ALLOWED: Refusal = {
  reason: "not_allowed",
  message: "may not be called: it must begin with the configured country code or with one of the configured destinations",
};
const DENIED: Refusal = { reason: "denied", message: "may not be called: it begins as numbers that are denied by the configuration" };
const FOREIGN: Refusal = {
  reason: "foreign_host",
  message: "may not be called: a SIP URI must lead to a phone, a trunk or a host that is listed in /limits/hosts",
};

/** Why `exit` may not be taken, if it may not. The app's list narrows the server's; what either denies is denied. */
export function refusedDestination(server: ServerDestinations, app: Destinations | undefined, exit: Exit): Refusal | undefined {
  if (exit.type === "host") return exit.allowed ? undefined : FOREIGN;
  if (exit.guard === "free") return undefined;
  const own = server.country === undefined ? server.destinations : [server.country, ...(server.destinations ?? [])];
  const lists = [own, app?.destinations].filter((list) => list !== undefined);
  const denied = [...(server.deny ?? []), ...(app?.deny ?? [])];
  if (everyReading(exit.number, server.country).some((digits) => begins(digits, denied))) return DENIED;
  if (lists.length === 0) return exit.guard === "until_told" ? undefined : NOT_TOLD;
  const digits = abroad(exit.number, server.country);
  return lists.every((list) => list.includes("*") || (/^\d+$/.test(digits) && allows(list, digits))) ? undefined : NOT_ALLOWED;
}

const begins = (digits: string, prefixes: readonly string[]): boolean => prefixes.some((prefix) => digits.startsWith(prefix));

/**
 * No area of North America begins with 0 or 1. What a carrier there makes of `10`, a code of another carrier, may lead
 * anywhere: `1010288 011 44 …`.
 */
const allows = (prefixes: readonly string[], digits: string): boolean =>
  prefixes.some((prefix) => digits.startsWith(prefix) && (prefix !== "1" || !/^1[01]/.test(digits)));

/** What leads abroad, by country code, where `00` does not or not alone (ITU-T E.164, list of dialling procedures). */
const EXIT_CODES: ReadonlyMap<string, RegExp> = new Map([
  ["1", /^011/], ["7", /^810/], ["53", /^119/], ["61", /^0011/], ["62", /^01017|^00[178]/], ["81", /^010/],
  ["375", /^810/], ["972", /^01[2-9]/], ["992", /^810/], ["993", /^810/],
]);

/**
 * The number as it is dialled by its country code: `00` (ITU-T E.123), and what else leads abroad from the country, are no
 * digits of it. An allowed prefix "0", for numbers of a town, opens no way abroad so.
 */
function abroad(number: string, country: string | undefined): string {
  return afterExit(number, country) ?? (number.startsWith("00") ? number.replace(/^0+/, "") : number);
}

function afterExit(number: string, country = ""): string | undefined {
  const exit = EXIT_CODES.get(country)?.exec(number)?.[0];
  return exit === undefined ? undefined : number.slice(exit.length);
}

/** However a carrier may read the digits: as they are, without zeros before them, after the exit codes they may know. */
function everyReading(number: string, country: string | undefined): readonly string[] {
  return [number, number.replace(/^0+/, ""), number.replace(/^011/, ""), afterExit(number, country) ?? number];
}
