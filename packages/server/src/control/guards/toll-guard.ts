import { channels, PiopiyError, type Clock, type ErrorCode } from "../../base/index.ts";
import type { DialTarget, Leg } from "../../call/index.ts";
import { refusedDestination, type Destinations, type Exit, type Refusal, type ServerDestinations } from "./destinations.ts";
import { createMinutes, type Minutes } from "./minutes.ts";

/** What legs over trunks may cost. */
export interface OutsideLimits extends Destinations {
  /** Of one leg. */
  readonly call_minutes?: number | undefined;
  /** Of all legs together, in a day of UTC. */
  readonly day_minutes?: number | undefined;
}

export interface ServerLimits extends ServerDestinations, OutsideLimits {
  /** Peers may send their calls on, by REFER, to what may be called from here. */
  readonly refer?: boolean | undefined;
}

/** Stands before every leg that is dialled: what it refuses is never sent to anybody. */
export interface TollGuard {
  /** Why this target may not be called for the app now, if it may not. */
  refusal(appid: string, target: DialTarget): Refusal | undefined;
  /** The same for a target that a peer names in a REFER. */
  referRefusal(appid: string, target: DialTarget): Refusal | undefined;
  /** Counts the minutes of a leg that was answered, and calls `end` when its time is over. */
  watch(appid: string, target: DialTarget, leg: Leg, end: () => void): void;
  /** Takes into account what was used today before this process began. */
  used(leg: { readonly appid: string; readonly target: DialTarget; readonly fromMs: number; readonly toMs: number }): void;
  /** When the day began whose minutes are counted; undefined where none are. */
  readonly countedSinceMs: number | undefined;
  /** Refused since the start, by reason. */
  readonly refused: Readonly<Record<string, number>>;
  /** The error that tells a refusal to whoever asked for the call. */
  failure(refusal: Refusal): CallRefused;
}

/** The configuration lets nobody call this target, or not now. */
export class CallRefused extends PiopiyError {
  readonly refusal: Refusal;
  /** When it is worth trying again. */
  readonly retryAfterS: number | undefined;

  constructor(refusal: Refusal, retryAfterS?: number) {
    const code: ErrorCode = refusal.reason === "minutes_used_up" ? "minutes_used_up" : "destination_refused";
    super(code, `The number ${refusal.message}.`);
    this.name = "CallRefused";
    this.refusal = refusal;
    this.retryAfterS = retryAfterS;
  }
}

const USED_UP: Refusal = { reason: "minutes_used_up", message: "may not be called today: the minutes of the day over trunks are used up" };
const REFER_OFF: Refusal = { reason: "refer_off", message: "may not be called by REFER: /limits/refer is off" };
const EVERYBODY = "everybody";

export interface TollGuardOptions {
  readonly clock: Clock;
  readonly limits?: ServerLimits | undefined;
  readonly apps: readonly { readonly appid: string; readonly limits?: OutsideLimits | undefined }[];
  /** How a target leaves this server; undefined for phones. Absent: nothing does. */
  readonly exitOf?: ((target: DialTarget) => Exit | undefined) | undefined;
}

export function createTollGuard({ clock, limits = {}, apps, exitOf }: TollGuardOptions): TollGuard {
  const own = new Map(apps.map((app) => [app.appid, app.limits]));
  const budgets = budgetsOf(limits, apps);
  const minutes = createMinutes(clock, budgets);
  const refused = new Map<string, number>();
  const told = (appid: string, refusal: Refusal | undefined) => {
    if (!refusal) return undefined;
    refused.set(refusal.reason, (refused.get(refusal.reason) ?? 0) + 1);
    channels.callRefused.publish({ appid, reason: refusal.reason });
    return refusal;
  };
  const check = (appid: string, target: DialTarget): Refusal | undefined => {
    const exit = exitOf?.(target);
    if (!exit) return undefined;
    const refusal = refusedDestination(limits, own.get(appid), exit);
    return refusal ?? (isCounted(exit) && minutes.leftMs(namesOf(appid)) <= 0 ? USED_UP : undefined);
  };
  return {
    refusal: (appid, target) => told(appid, check(appid, target)),
    referRefusal: (appid, target) => told(appid, exitOf?.(target) && !limits.refer ? REFER_OFF : check(appid, target)),
    watch(appid, target, leg, end) {
      const exit = exitOf?.(target);
      if (exit && isCounted(exit)) watch(clock, minutes, { names: namesOf(appid), limitMs: callLimitMs(limits, own.get(appid)), leg, end });
    },
    used({ appid, target, fromMs, toMs }) {
      const exit = exitOf?.(target);
      if (exit && isCounted(exit)) minutes.add(namesOf(appid), fromMs, toMs);
    },
    get countedSinceMs() {
      return budgets.size === 0 ? undefined : minutes.todayMs();
    },
    get refused() {
      return Object.fromEntries(refused);
    },
    failure: (refusal) => new CallRefused(refusal, refusal.reason === "minutes_used_up" ? Math.ceil(minutes.untilTomorrowMs() / 1000) : undefined),
  };
}

const namesOf = (appid: string): readonly string[] => [EVERYBODY, `app:${appid}`];
const isCounted = (exit: Exit): boolean => exit.type === "host" || exit.guard !== "free";

function budgetsOf(limits: ServerLimits, apps: TollGuardOptions["apps"]): ReadonlyMap<string, number> {
  const all = [[EVERYBODY, limits.day_minutes] as const, ...apps.map(({ appid, limits: own }) => [`app:${appid}`, own?.day_minutes] as const)];
  return new Map(all.flatMap(([name, budget]) => (budget === undefined ? [] : [[name, budget] as const])));
}

function callLimitMs(limits: ServerLimits, own: OutsideLimits | undefined): number {
  return Math.min(limits.call_minutes ?? Infinity, own?.call_minutes ?? Infinity) * 60_000;
}

interface Watched {
  readonly names: readonly string[];
  readonly limitMs: number;
  readonly leg: Leg;
  readonly end: () => void;
}

function watch(clock: Clock, minutes: Minutes, { names, limitMs, leg, end }: Watched): void {
  if (leg.signal.aborted) return;
  const over = minutes.begin(names, end);
  const timer = Number.isFinite(limitMs) ? clock.setTimer(limitMs, end) : undefined;
  leg.signal.addEventListener("abort", () => {
    over();
    timer?.cancel();
  }, { once: true });
}
