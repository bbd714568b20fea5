import * as v from "valibot";
import { word } from "../fields.ts";
import { fields } from "../issue.ts";

const expects = "busy, rejected, forbidden, no_answer, unreachable, congestion, or a SIP status such as 486";

/** What an unanswered caller is told. */
export function cause() {
  return word(/^[A-Za-z0-9_-]{1,64}$/, "1 to 64 letters, digits, _ or -", `What an unanswered caller is told: ${expects}`);
}

/**
 * Ends the call; on an inbound call that no action has answered it refuses it. The caller is then told the `cause`:
 * `busy` (SIP 486), `rejected` (603, the default), `forbidden` (403), `no_answer` (480), `unreachable` (404),
 * `congestion` (503), a name of Q.850 that means one of them (`USER_BUSY`, `CALL_REJECTED`, …), or one of the statuses
 * 403, 404, 410, 480, 486, 488, 500, 503, 600, 603, 604, 607 and 608 itself. Any other word is `rejected`.
 */
export const HangupSchema = v.pipe(
  fields({
    action: v.literal("hangup"),
    cause: v.exactOptional(cause()),
  }),
  v.description("Ends the call; as the first action of an unanswered inbound call it refuses it."),
  v.readonly(),
);
export type HangupAction = v.InferOutput<typeof HangupSchema>;
