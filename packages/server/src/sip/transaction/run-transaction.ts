import { channels, type Clock, type Timer } from "../../base/index.ts";
import type { SipMessage } from "../message/message.ts";
import type { Effect, Machine, Step, TransactionEvent } from "./machine.ts";
import type { TimerName } from "./timers.ts";

/** What the effects of a transaction are carried out with. */
export interface TransactionPlumbing {
  readonly clock: Clock;
  /** Hands a message to the transport; rejects when that failed. */
  send(message: SipMessage): Promise<void>;
  pass(message: SipMessage): void;
  failed(why: "timeout" | "transport"): void;
  /** The transaction is over and may be forgotten. Called once, after all other effects. */
  ended(): void;
}

export interface RunningTransaction {
  /** The name of the state it is in. */
  state(): string;
  dispatch(event: TransactionEvent): void;
  /** It stays as it is: its time is kept by somebody else. */
  release(): void;
  /** Ends it without telling anybody. */
  abandon(): void;
}

/** Starts a machine and carries out its effects until it terminates. */
export function runTransaction<State extends { readonly name: string }>(
  machine: Machine<State>, plumbing: TransactionPlumbing,
): RunningTransaction {
  const timers = new Map<TimerName, Timer>();
  let state: State | undefined;
  let over = false;
  const release = () => {
    for (const timer of timers.values()) timer.cancel();
    timers.clear();
  };
  const finish = () => {
    over = true;
    release();
  };
  const execute = (effect: Effect): void => {
    switch (effect.do) {
      case "send":
        return void plumbing.send(effect.message).catch(() => dispatch({ event: "transport error" }));
      case "start":
        timers.get(effect.timer)?.cancel();
        if (over) return; // what was passed up has ended it
        timers.set(effect.timer, plumbing.clock.setTimer(effect.delayMs, () => dispatch({ event: "timer", timer: effect.timer })));
        return;
      case "stop":
        return timers.get(effect.timer)?.cancel();
      case "pass":
        return plumbing.pass(effect.message);
      case "fail":
        return plumbing.failed(effect.why);
    }
  };
  const enter = ([next, ...effects]: Step<State>, event: string): void => {
    const from = state?.name ?? "";
    state = next;
    if (from !== next.name && channels.sipTransaction.hasSubscribers) {
      channels.sipTransaction.publish({ machine: machine.kind, from, to: next.name, event });
    }
    for (const effect of effects) execute(effect);
    // An effect may have led further by itself: only the step that terminated cleans up.
    if (over || next.name !== "terminated") return;
    finish();
    plumbing.ended();
  };
  const dispatch = (event: TransactionEvent): void => {
    if (state && !over) enter(machine.step(state, event), event.event);
  };
  enter(machine.start(), "start");
  return {
    state: () => state?.name ?? "",
    dispatch,
    release,
    abandon: finish,
  };
}
