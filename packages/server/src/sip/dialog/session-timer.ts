import { type Header, header, headerValues, type WithHeaders } from "../message/message.ts";
import { param, parseParams } from "../message/params.ts";

/** How long a session lasts without a refresh, and who refreshes it: by roles in the transaction that agreed on it. */
export interface SessionInterval {
  readonly seconds: number;
  readonly refresher: "uac" | "uas";
}

/** RFC 4028 §4: "the absolute minimum". */
const MIN_SECONDS = 90;

interface Wish {
  readonly seconds: number;
  readonly refresher: "uac" | "uas" | undefined;
}

/** What Session-Expires says; `undefined` without one, or when it is malformed. */
function wishOf(message: WithHeaders): Wish | undefined {
  const found = /^\s*(\d{1,9})\s*(;.*)?$/.exec(header(message, "Session-Expires") ?? "");
  if (!found) return undefined;
  const refresher = param(parseParams(found[2] ?? "") ?? [], "refresher")?.toLowerCase();
  return { seconds: Number(found[1]), refresher: refresher === "uac" || refresher === "uas" ? refresher : undefined };
}

const supportsTimer = (message: WithHeaders): boolean =>
  headerValues(message, "Supported").some((option) => option.toLowerCase() === "timer");

/** §9: with a 422 the caller learns how long it has to be. Whoever knows no timers cannot; what a proxy asked for is raised. */
export const isTooBrief = (request: WithHeaders): boolean =>
  supportsTimer(request) && (wishOf(request)?.seconds ?? MIN_SECONDS) < MIN_SECONDS;

/** The shortest that will do, as a 422 says; 0 when it does not. */
export const minSeconds = (response: WithHeaders): number => Number(/^\s*(\d{1,9})\s*(?:;|$)/.exec(header(response, "Min-SE") ?? "")?.[1] ?? 0);

export const TOO_BRIEF: readonly Header[] = [["Min-SE", String(MIN_SECONDS)]];

/** What a request asks for and gets (§9, Table 2); nothing is asked for here that the peer does not. */
export function agreedByServer(request: WithHeaders): SessionInterval | undefined {
  const wish = wishOf(request);
  if (!wish) return undefined;
  const able = supportsTimer(request);
  return { seconds: Math.max(wish.seconds, MIN_SECONDS), refresher: able ? (wish.refresher ?? "uac") : "uas" };
}

/** What goes into the 2xx: `Require` binds whoever has to refresh (§9). */
export function intervalHeaders(interval: SessionInterval | undefined): readonly Header[] {
  if (!interval) return [];
  const expires: Header = ["Session-Expires", formatInterval(interval)];
  return interval.refresher === "uac" ? [expires, ["Require", "timer"]] : [expires];
}

export const formatInterval = ({ seconds, refresher }: SessionInterval): string => `${seconds};refresher=${refresher}`;

/** What a 2xx to a request of ours settled (§7.2); a missing refresher means us, who sent the request. */
export function agreedByClient(response: WithHeaders): SessionInterval | undefined {
  const wish = wishOf(response);
  return wish && { seconds: Math.max(wish.seconds, MIN_SECONDS), refresher: wish.refresher ?? "uac" };
}

/** When to do something about it, in ms from now. */
export interface SessionSchedule {
  /** `undefined`: the peer refreshes. */
  readonly refreshMs: number | undefined;
  readonly expireMs: number;
}

/** §10: the refresher half-way, the other ends the session some time before it expires. */
export function scheduleOf({ seconds, refresher }: SessionInterval, weAre: "uac" | "uas"): SessionSchedule {
  if (refresher === weAre) return { refreshMs: seconds * 500, expireMs: seconds * 1000 };
  return { refreshMs: undefined, expireMs: (seconds - Math.min(32, Math.floor(seconds / 3))) * 1000 };
}
