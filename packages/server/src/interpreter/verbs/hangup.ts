import type { Cause } from "../../call/index.ts";
import type { Verb } from "../verb.ts";

type Refusal = Pick<Cause, "reason" | "sipStatus">;

const busy: Refusal = { reason: "busy" };
const rejected: Refusal = { reason: "rejected" };
const noAnswer: Refusal = { reason: "no_answer" };
const unreachable: Refusal = { reason: "unreachable" };
const congestion: Refusal = { reason: "failed", sipStatus: 503 };

/** The names under which a flow may give a cause (ours, and those of Q.850 as switches write them), and what is meant. */
const names: ReadonlyMap<string, Refusal> = new Map(Object.entries({
  BUSY: busy,
  USER_BUSY: busy,
  NO_ANSWER: noAnswer,
  NO_USER_RESPONSE: noAnswer,
  UNREACHABLE: unreachable,
  UNALLOCATED_NUMBER: unreachable,
  REJECTED: rejected,
  CALL_REJECTED: rejected,
  FORBIDDEN: { reason: "rejected", sipStatus: 403 },
  CONGESTION: congestion,
  NORMAL_CIRCUIT_CONGESTION: congestion,
  SWITCH_CONGESTION: congestion,
}));

/** The final statuses that a flow may give itself, RFC 3261 §21: those that ask nothing of the caller (a challenge, a contact). */
const statuses: ReadonlyMap<string, Cause["reason"]> = new Map(Object.entries({
  403: "rejected",
  404: "unreachable",
  410: "unreachable",
  480: "no_answer",
  486: "busy",
  488: "failed",
  500: "failed",
  503: "failed",
  600: "busy",
  603: "rejected",
  604: "unreachable",
  607: "rejected",
  608: "rejected",
}));

/**
 * Ends the leg and the flow. An inbound leg that no action has answered is refused, as `rejected` unless the action's
 * cause says otherwise; one that is up is hung up normally.
 */
export const hangup: Verb<"hangup"> = async (action, { leg, line }) => {
  const refusal: Refusal = line.up ? { reason: "completed" } : refusalOf(action.cause);
  const cause: Cause = { ...refusal, who: "us" };
  await leg.hangup(cause);
  return { outcome: { ...refusal }, hungUp: cause };
};

function refusalOf(cause = ""): Refusal {
  const reason = statuses.get(cause);
  return reason === undefined ? (names.get(cause.toUpperCase().replaceAll("-", "_")) ?? rejected) : { reason, sipStatus: Number(cause) };
}
