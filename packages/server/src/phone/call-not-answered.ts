import type { Cause } from "../call/index.ts";

/** A call of the phone that did not come up; the cause says why. */
export class CallNotAnswered extends Error {
  readonly code = "call_not_answered";
  override readonly cause: Cause;

  constructor(cause: Cause) {
    super(`the call was not answered: ${cause.reason}`);
    this.name = "CallNotAnswered";
    this.cause = cause;
  }
}
