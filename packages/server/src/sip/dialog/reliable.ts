import type { SipResponse } from "../message/message.ts";
import type { SipTimers } from "../transaction/timers.ts";

/*
 * Provisional responses that are sent until they are acknowledged (RFC 3262 §3):
 *
 *   idle ──1xx──▶ waiting ──PRACK──▶ idle, or waiting with the next
 *     │              ├──64*T1──▶ over
 *     └──300-699─────┴─────────▶ over          a 2xx waits for the PRACK
 */
export type ReliableState =
  | { readonly name: "idle"; readonly rseq: number }
  | {
    readonly name: "waiting";
    readonly rseq: number;
    readonly response: SipResponse;
    readonly intervalMs: number;
    /** What is to be said after it. */
    readonly queue: readonly SipResponse[];
  }
  | { readonly name: "over" };

export type ReliableEvent =
  | { readonly event: "respond"; readonly response: SipResponse }
  | { readonly event: "prack"; readonly rseq: number }
  | { readonly event: "retransmit" | "give up" };

export type ReliableEffect =
  | { readonly do: "send"; readonly response: SipResponse }
  | { readonly do: "start"; readonly timer: "retransmit" | "give up"; readonly delayMs: number }
  | { readonly do: "stop" }
  /** The PRACK is good: 200; otherwise 481. */
  | { readonly do: "accept PRACK" }
  /** §3: "the UAS SHOULD reject the original request with a 5xx response". */
  | { readonly do: "fail" };

type Waiting = Extract<ReliableState, { name: "waiting" }>;
type Step = readonly [ReliableState, ...ReliableEffect[]];

/** What can wait behind one that is not acknowledged; what comes beyond is left out. */
const MAX_QUEUE = 8;

export function stepReliable(state: ReliableState, event: ReliableEvent, timers: SipTimers): Step {
  if (state.name === "over") return event.event === "respond" ? [state, { do: "send", response: event.response }] : [state];
  if (event.event === "respond") return respond(state, event.response, timers);
  if (state.name !== "waiting") return [state];
  if (event.event === "prack") return event.rseq === state.rseq ? acknowledged(state, timers) : [state];
  return event.event === "retransmit" ? again(state) : [{ name: "over" }, { do: "stop" }, { do: "fail" }];
}

function respond(state: Exclude<ReliableState, { name: "over" }>, response: SipResponse, timers: SipTimers): Step {
  // §3: "a 100 (Trying) response … MUST NOT be sent reliably".
  if (response.status === 100) return [state, { do: "send", response }];
  if (response.status >= 300) return [{ name: "over" }, { do: "stop" }, { do: "send", response }];
  if (state.name === "waiting") {
    // §3: no second one before the first is acknowledged, and no 2xx before what carries a session description is.
    // A 2xx is repeated until its ACK comes (RFC 3261 §13.3.1.4), but not before it was sent.
    const taken = response.status >= 200 ? state.queue.every(({ status }) => status < 200) : state.queue.length < MAX_QUEUE;
    return [taken ? { ...state, queue: [...state.queue, response] } : state];
  }
  if (response.status >= 200) return [{ name: "over" }, { do: "send", response }];
  const rseq = state.rseq + 1;
  const reliable: SipResponse = { ...response, headers: [...response.headers, ["Require", "100rel"], ["RSeq", String(rseq)]] };
  return [
    { name: "waiting", rseq, response: reliable, intervalMs: timers.t1, queue: [] },
    { do: "send", response: reliable },
    { do: "start", timer: "retransmit", delayMs: timers.t1 },
    { do: "start", timer: "give up", delayMs: 64 * timers.t1 },
  ];
}

/** §3: "The … provisional response is retransmitted … with an exponential backoff", that doubles without a limit. */
function again(state: Waiting): Step {
  const intervalMs = state.intervalMs * 2;
  return [{ ...state, intervalMs }, { do: "send", response: state.response }, { do: "start", timer: "retransmit", delayMs: intervalMs }];
}

function acknowledged({ rseq, queue }: Waiting, timers: SipTimers): Step {
  let state: ReliableState = { name: "idle", rseq };
  const effects: ReliableEffect[] = [{ do: "stop" }, { do: "accept PRACK" }];
  for (const response of queue) {
    const [next, ...more]: Step = stepReliable(state, { event: "respond", response }, timers);
    state = next;
    effects.push(...more);
  }
  return [state, ...effects];
}
