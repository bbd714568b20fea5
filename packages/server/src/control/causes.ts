import type { Cause } from "../call/index.ts";

export const FAILED: Cause = { reason: "failed", who: "us" };
export const SHUTDOWN: Cause = { reason: "shutdown", who: "us" };
export const COMPLETED: Cause = { reason: "completed", who: "us" };
export const CANCELLED: Cause = { reason: "cancelled", who: "us" };
export const DURATION: Cause = { reason: "duration", who: "us" };

/** The cause a signal was aborted with; a signal that tells none ended by a failure. */
export function causeOf(reason: unknown): Cause {
  return isCause(reason) ? reason : FAILED;
}

function isCause(value: unknown): value is Cause {
  return typeof value === "object" && value !== null && "reason" in value && "who" in value && typeof value.reason === "string";
}
