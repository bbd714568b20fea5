import { toneSource } from "../audio/index.ts";
import { scope, sleep, type Clock, type Scope } from "../base/index.ts";
import type { OfferedCall } from "../call/index.ts";

/** What a phone does when it is called. */
export type Answering =
  | {
      readonly do: "answer";
      readonly afterMs?: number;
      /** A tone that the caller hears until then. */
      readonly earlyHz?: number;
    }
  /** Rings and is never picked up. */
  | { readonly do: "ring" }
  | { readonly do: "busy" }
  | { readonly do: "reject" };

/** Lets the call ring or refuses it as told; `true`: it has been answered. */
export async function answerAs(answering: Answering, call: OfferedCall, clock: Clock): Promise<boolean> {
  if (answering.do === "busy" || answering.do === "reject") {
    call.reject({ reason: answering.do === "busy" ? "busy" : "rejected", who: "us" });
    return false;
  }
  if (answering.do === "ring" || answering.earlyHz === undefined) call.ring();
  if (answering.do === "ring") return false;
  using early = scope(call.leg.signal);
  if (answering.earlyHz !== undefined) playEarly(call, answering.earlyHz, early);
  return await answerAfter(answering.afterMs ?? 0, call, clock);
}

function playEarly(call: OfferedCall, frequencyHz: number, early: Scope): void {
  call.preview();
  early.run(async (signal) => void (await call.leg.play(toneSource({ frequencyHz }), signal)));
}

async function answerAfter(delayMs: number, { leg }: OfferedCall, clock: Clock): Promise<boolean> {
  try {
    if (delayMs > 0) await sleep(clock, delayMs, leg.signal);
    await leg.answer();
    return true;
  } catch (failure) {
    // The caller gave up before the phone was picked up: nothing has failed.
    if (leg.signal.aborted) return false;
    throw failure;
  }
}
