import type { SipMessage, SipRequest, SipResponse } from "../message/message.ts";
import type { TimerName } from "./timers.ts";

/** What a transaction wants done; carried out by `run-transaction.ts`. */
export type Effect =
  | { readonly do: "send"; readonly message: SipMessage }
  | { readonly do: "start"; readonly timer: TimerName; readonly delayMs: number }
  | { readonly do: "stop"; readonly timer: TimerName }
  /** To the transaction user: a response of the peer, or the ACK to a 2xx. */
  | { readonly do: "pass"; readonly message: SipMessage }
  | { readonly do: "fail"; readonly why: "timeout" | "transport" };

export type TransactionEvent =
  /** From the network: a response (client), or the request once more, or its ACK (server). */
  | { readonly event: "response"; readonly response: SipResponse }
  | { readonly event: "request"; readonly request: SipRequest }
  | { readonly event: "ack"; readonly request: SipRequest }
  /** From the transaction user (server). */
  | { readonly event: "respond"; readonly response: SipResponse }
  | { readonly event: "timer"; readonly timer: TimerName }
  | { readonly event: "transport error" };

export type Step<State> = readonly [State, ...Effect[]];

/** A transaction as a value: where it begins, and what each event makes of a state. Pure. */
export interface Machine<State extends { readonly name: string }> {
  readonly kind: "INVITE client" | "client" | "INVITE server" | "server";
  start(): Step<State>;
  step(state: State, event: TransactionEvent): Step<State>;
}

export const send = (message: SipMessage): Effect => ({ do: "send", message });
export const start = (timer: TimerName, delayMs: number): Effect => ({ do: "start", timer, delayMs });
export const stop = (timer: TimerName): Effect => ({ do: "stop", timer });
export const pass = (message: SipMessage): Effect => ({ do: "pass", message });
export const fail = (why: "timeout" | "transport"): Effect => ({ do: "fail", why });

/** The last state of every machine: the driver cancels all timers. */
export const TERMINATED = { name: "terminated" } as const;
