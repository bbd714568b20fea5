import { sleep, type Clock } from "../base/index.ts";
import { ANSWERED_ELSEWHERE, type CauseReason, type Dialler, type DialOutcome, type DialRequest, type DialTarget } from "../call/index.ts";
import { followScript, type CallerScript } from "./caller-script.ts";
import { SimLeg } from "./sim-leg.ts";

/** What a simulated phone does when it is called. */
export interface SimDestination {
  /** `ring`: until the caller gives up. */
  readonly does: "answer" | "ring" | "busy" | "reject" | "unreachable";
  /** How long it takes; 2000 ms for an answer, 100 ms for a refusal. */
  readonly afterMs?: number;
  /** How long after the call it is heard before it answers. */
  readonly earlyMs?: number;
  /** What the party does then; times count from the answer. */
  readonly script?: CallerScript;
}

/** By number, user name or URI: what the phone does at the first call, at the second, …; the last one stays. */
export type SimDestinations = Readonly<Record<string, readonly SimDestination[]>>;

const refusals = { busy: "busy", reject: "rejected", unreachable: "unreachable" } as const satisfies Record<string, CauseReason>;
const RING_AFTER_MS = 50;

/** Dials out of a table; who is not in it is unreachable. Legs that were answered are appended to `legs`. */
export function simDialler(clock: Clock, destinations: SimDestinations, legs: SimLeg[]): Dialler {
  const calls = new Map<string, number>();
  const next = (name: string): SimDestination => {
    const count = calls.get(name) ?? 0;
    calls.set(name, count + 1);
    const list = destinations[name] ?? [];
    return list[count] ?? list.at(-1) ?? { does: "unreachable" };
  };
  return {
    async dial(request, signal) {
      const name = nameOf(request.target);
      try {
        return await call(request, next(name), name, clock, legs, signal);
      } catch (failure) {
        if (signal.aborted) return { answered: false, cause: signal.reason === ANSWERED_ELSEWHERE ? ANSWERED_ELSEWHERE : { reason: "cancelled", who: "us" } };
        throw failure;
      }
    },
  };
}

async function call(
  request: DialRequest, { does, afterMs, earlyMs, script }: SimDestination, to: string, clock: Clock, legs: SimLeg[], signal: AbortSignal,
): Promise<DialOutcome> {
  request.onTrying?.();
  if (does !== "answer" && does !== "ring") {
    await sleep(clock, afterMs ?? 100, signal);
    return { answered: false, cause: { reason: refusals[does], who: "peer" } };
  }
  await sleep(clock, RING_AFTER_MS, signal);
  request.onRinging?.();
  const beganMs = clock.monotonicMs() - RING_AFTER_MS;
  if (earlyMs !== undefined) {
    await sleep(clock, earlyMs - RING_AFTER_MS, signal);
    request.onEarlyMedia?.({ join: (leg) => (leg instanceof SimLeg ? leg.joinEarly(request.legId) : () => undefined) });
  }
  const answerMs = does === "ring" ? Infinity : (afterMs ?? 2000);
  await sleep(clock, beganMs + Math.min(answerMs, request.timeoutMs) - clock.monotonicMs(), signal);
  if (answerMs > request.timeoutMs) return { answered: false, cause: { reason: "no_answer", who: "network" } };
  const leg = new SimLeg(clock, request.legId, { direction: "outbound", from: request.from, to });
  legs.push(leg);
  followScript(script ?? [], leg, clock);
  return { answered: true, leg };
}

function nameOf(target: DialTarget): string {
  if (target.type === "number") return target.number;
  return target.type === "user" ? target.user : target.uri;
}
