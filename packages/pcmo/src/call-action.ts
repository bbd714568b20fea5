import * as v from "valibot";
import { at } from "./at.ts";
import { appId, secret } from "./credentials.ts";
import { choice, httpUrl, word } from "./fields.ts";
import { unknownKeys } from "./flow.ts";
import { check, fields, type Parsed } from "./issue.ts";
import { kindOf } from "./message.ts";
import { isRecord, withoutEmpty } from "./record.ts";

const id = (about?: string) => word(/^[A-Za-z0-9-]{1,64}$/, "the id of a call: 1 to 64 letters, digits or -", about);

/** The body of `POST /v1/call/action` and `/v1/call/global_action`. */
export const CallActionSchema = v.pipe(
  fields({
    appid: appId(),
    secret: secret(),
    cmiuuid: v.exactOptional(id("The call or leg that is meant")),
    cmiuid: v.exactOptional(id("Another spelling of cmiuuid, which wins")),
    action: choice(["hangup", "hold", "unhold", "holdToggle", "transfer"], "What is done to the call"),
    transfer_url: v.exactOptional(httpUrl("Where the flow after a transfer comes from")),
  }),
  v.rawTransform(({ dataset, addIssue, NEVER }) => {
    const { cmiuid, cmiuuid = cmiuid, action, transfer_url: url, ...credentials } = dataset.value;
    if (cmiuuid === undefined) addIssue({ message: "is missing; must be the id of a call", path: at(dataset.value, "cmiuuid") });
    if (action === "transfer" && url === undefined) {
      addIssue({ message: "is missing; a transfer must have an http:// or https:// address", path: at(dataset.value, "transfer_url") });
    }
    if (cmiuuid === undefined) return NEVER;
    if (action !== "transfer") return { ...credentials, cmiuuid, action };
    return url === undefined ? NEVER : { ...credentials, cmiuuid, action, transfer_url: url };
  }),
);

/** What is asked of a call that is up. */
export type CallActionRequest = v.InferOutput<typeof CallActionSchema>;

/** Reads a call-control request in any spelling. Never throws. */
export function parseCallAction(body: unknown): Parsed<CallActionRequest> {
  if (!isRecord(body)) return { ok: false, issues: [{ path: "", message: `must be an object; got ${kindOf(body)}` }] };
  const result = check(CallActionSchema, withoutEmpty(body, 1));
  if (!result.ok) return result;
  return { ...result, warnings: unknownKeys(body, Object.keys(CallActionSchema.entries), "") };
}
