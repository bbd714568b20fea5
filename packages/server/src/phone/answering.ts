import { sleep, type Clock } from "../base/index.ts";
import type { OfferedCall } from "../call/index.ts";

/** What a phone does when it is called. */
export type Answering =
  | { readonly do: "answer"; readonly afterMs?: number }
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
  call.ring();
  return answering.do === "answer" && (await answerAfter(answering.afterMs ?? 0, call, clock));
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
