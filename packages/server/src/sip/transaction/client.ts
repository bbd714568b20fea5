import type { SipRequest, SipResponse } from "../message/message.ts";
import { fail, type Machine, pass, send, start, type Step, stop, TERMINATED } from "./machine.ts";
import type { TransactionConfig } from "./timers.ts";

/*
 * RFC 3261 Figure 6:
 *
 *   trying ──1xx──▶ proceeding ──200-699──▶ completed ──K──▶ terminated
 *      └──────────200-699──────────────────────▲
 */
export type ClientState =
  | { readonly name: "trying"; readonly intervalMs: number }
  | { readonly name: "proceeding" }
  | { readonly name: "completed" }
  | typeof TERMINATED;

type State = ClientState;

export function client(request: SipRequest, { timers, reliable }: TransactionConfig): Machine<State> {
  const onResponse = (state: State, response: SipResponse): Step<State> => {
    if (state.name !== "trying" && state.name !== "proceeding") return [state];
    if (response.status < 200) {
      // RFC 3261 §17.1.2.2: in Proceeding timer E goes on at T2; it is running already, so only its next interval.
      return [{ name: "proceeding" }, pass(response)];
    }
    if (reliable) return [TERMINATED, stop("F"), pass(response)];
    return [{ name: "completed" }, stop("E"), stop("F"), pass(response), start("K", timers.t4)];
  };
  return {
    kind: "client",
    start: () => [
      { name: "trying", intervalMs: timers.t1 },
      send(request),
      ...(reliable ? [] : [start("E", timers.t1)]),
      start("F", 64 * timers.t1),
    ],
    step(state, event) {
      if (event.event === "response") return onResponse(state, event.response);
      const waiting = state.name === "trying" || state.name === "proceeding";
      if (event.event === "transport error") return waiting ? [TERMINATED, fail("transport")] : [state];
      if (event.event !== "timer") return [state];
      if (event.timer === "E" && state.name === "trying") {
        const intervalMs = Math.min(state.intervalMs * 2, timers.t2);
        return [{ name: "trying", intervalMs }, send(request), start("E", intervalMs)];
      }
      if (event.timer === "E" && state.name === "proceeding") return [state, send(request), start("E", timers.t2)];
      if (event.timer === "F" && waiting) return [TERMINATED, fail("timeout")];
      if (event.timer === "K" && state.name === "completed") return [TERMINATED];
      return [state];
    },
  };
}
