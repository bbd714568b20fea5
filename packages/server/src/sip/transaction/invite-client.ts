import type { SipRequest, SipResponse } from "../message/message.ts";
import { ackForRefusal } from "./ack.ts";
import { fail, type Machine, pass, send, start, type Step, stop, TERMINATED, type TransactionEvent } from "./machine.ts";
import type { TransactionConfig } from "./timers.ts";

/*
 * RFC 3261 Figure 5 with the Accepted state of RFC 6026 Figure 7:
 *
 *   calling ──1xx──▶ proceeding ──300-699──▶ completed ──D──▶ terminated
 *      │ └────300-699─────│─────────────────────▲
 *      └──────2xx─────────┴──2xx──▶ accepted ──M──▶ terminated
 */
export type InviteClientState =
  | { readonly name: "calling"; readonly intervalMs: number }
  | { readonly name: "proceeding" }
  | { readonly name: "completed"; readonly ack: SipRequest }
  | { readonly name: "accepted" }
  | typeof TERMINATED;

type State = InviteClientState;

export function inviteClient(invite: SipRequest, { timers, reliable }: TransactionConfig): Machine<State> {
  const answered = (response: SipResponse): Step<State> => {
    // RFC 6026 §8.4: a 2xx leads to Accepted, where repeated and forked 2xx still reach the TU.
    if (response.status < 300) {
      return [{ name: "accepted" }, stop("A"), stop("B"), pass(response), start("M", 64 * timers.t1)];
    }
    // RFC 3261 §17.1.1.2: "the client transaction MUST generate an ACK request", passed to the transport.
    const ack = ackForRefusal(invite, response);
    const completed: Step<State> = [{ name: "completed", ack }, stop("A"), stop("B"), send(ack), pass(response)];
    return reliable ? [TERMINATED, ...effectsOf(completed)] : [...completed, start("D", timers.d)];
  };
  const onResponse = (state: State, response: SipResponse): Step<State> => {
    if (state.name === "calling" || state.name === "proceeding") {
      return response.status >= 200 ? answered(response) : [{ name: "proceeding" }, stop("A"), stop("B"), pass(response)];
    }
    // "Any retransmissions of the final response … MUST cause the ACK to be re-passed to the transport layer."
    if (state.name === "completed" && response.status >= 300) return [state, send(state.ack)];
    const accepts = state.name === "accepted" && response.status >= 200 && response.status < 300;
    return accepts ? [state, pass(response)] : [state];
  };
  return {
    kind: "INVITE client",
    start: () => [
      { name: "calling", intervalMs: timers.t1 },
      send(invite),
      ...(reliable ? [] : [start("A", timers.t1)]),
      start("B", 64 * timers.t1),
    ],
    step(state, event: TransactionEvent) {
      if (event.event === "response") return onResponse(state, event.response);
      // RFC 3261 §17.1.4: a transport failure ends it. In Accepted and Proceeding nothing is being sent.
      if (event.event === "transport error") {
        return state.name === "calling" || state.name === "completed" ? [TERMINATED, fail("transport")] : [state];
      }
      if (event.event !== "timer") return [state];
      if (event.timer === "A" && state.name === "calling") {
        const intervalMs = state.intervalMs * 2;
        return [{ name: "calling", intervalMs }, send(invite), start("A", intervalMs)];
      }
      if (event.timer === "B" && state.name === "calling") return [TERMINATED, fail("timeout")];
      if (event.timer === "D" && state.name === "completed") return [TERMINATED];
      if (event.timer === "M" && state.name === "accepted") return [TERMINATED];
      return [state];
    },
  };
}

const effectsOf = ([, ...effects]: Step<State>) => effects;
