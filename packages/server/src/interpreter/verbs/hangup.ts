import type { Cause, CauseReason } from "../../call/index.ts";
import type { Verb } from "../verb.ts";

/** The names under which a flow may give a cause, and what an unanswered caller is told. */
const refusals: Readonly<Record<string, CauseReason>> = {
  BUSY: "busy",
  USER_BUSY: "busy",
  NO_ANSWER: "no_answer",
  NO_USER_RESPONSE: "no_answer",
  UNREACHABLE: "unreachable",
  UNALLOCATED_NUMBER: "unreachable",
  REJECTED: "rejected",
  CALL_REJECTED: "rejected",
};

/**
 * Ends the leg and the flow. An inbound leg that no action has answered is refused, as `rejected` unless the action's
 * cause says otherwise; one that is up is hung up normally.
 */
export const hangup: Verb<"hangup"> = async (action, { leg, line }) => {
  const reason = line.up ? "completed" : (refusals[action.cause?.toUpperCase() ?? ""] ?? "rejected");
  const cause: Cause = { reason, who: "us" };
  await leg.hangup(cause);
  return { outcome: { reason }, hungUp: cause };
};
