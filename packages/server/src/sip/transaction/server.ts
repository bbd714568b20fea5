import type { SipResponse } from "../message/message.ts";
import { fail, type Machine, send, start, type Step, TERMINATED } from "./machine.ts";
import type { TransactionConfig } from "./timers.ts";

/*
 * RFC 3261 Figure 8:
 *
 *   trying ──1xx──▶ proceeding ──200-699──▶ completed ──J──▶ terminated
 *      └──────────200-699──────────────────────▲
 */
export type ServerState =
  | { readonly name: "trying" }
  | { readonly name: "proceeding"; readonly provisional: SipResponse }
  | { readonly name: "completed"; readonly response: SipResponse }
  | typeof TERMINATED;

type State = ServerState;

export function server({ timers, reliable }: TransactionConfig): Machine<State> {
  const onRespond = (state: State, response: SipResponse): Step<State> => {
    if (state.name !== "trying" && state.name !== "proceeding") return [state];
    if (response.status < 200) return [{ name: "proceeding", provisional: response }, send(response)];
    if (reliable) return [TERMINATED, send(response)];
    return [{ name: "completed", response }, send(response), start("J", 64 * timers.t1)];
  };
  return {
    kind: "server",
    // Deviation: Figure 8 has no timer here. RFC 4320 §4.2 forbids an answer after timer F of the client, so a request
    // that nobody answered by then is forgotten instead of being kept for ever.
    start: () => [{ name: "trying" }, start("J", 64 * timers.t1)],
    step(state, event) {
      if (event.event === "respond") return onRespond(state, event.response);
      if (event.event === "request") {
        // RFC 3261 §17.2.2: discarded in Trying, otherwise the last response once more.
        if (state.name === "proceeding") return [state, send(state.provisional)];
        return state.name === "completed" ? [state, send(state.response)] : [state];
      }
      if (event.event === "transport error" && state.name !== "terminated") return [TERMINATED, fail("transport")];
      if (event.event === "timer" && event.timer === "J") return [TERMINATED];
      return [state];
    },
  };
}
