import * as v from "valibot";
import { FlowSchema, maxActions, type Action } from "./action.ts";
import { at } from "./at.ts";
import { appId, secret } from "./credentials.ts";
import { choice, httpUrl, word } from "./fields.ts";
import { flowDepth, flowWarnings, unknownKeys } from "./flow.ts";
import { check, fields, under, type Parsed } from "./issue.ts";
import { expecting, kindOf } from "./message.ts";
import { isRecord, withoutEmpty } from "./record.ts";

const id = (about?: string) => word(/^[A-Za-z0-9-]{1,64}$/, "the id of a call: 1 to 64 letters, digits or -", about);

const noActions = (issue: { readonly input: unknown }) => `must have at least one action; got ${kindOf(issue.input)}`;

/** A flow for a call that is up. */
export const nextFlow = (about: string) => v.pipe(FlowSchema, v.minLength(1, noActions), expecting("a list of actions", about));

/** What a call goes on with. */
export type Continuation = { readonly url: string } | { readonly flow: readonly Action[] };

/** The body of `POST /v1/call/action` and `/v1/call/global_action`. */
export const CallActionSchema = v.pipe(
  fields({
    appid: appId(),
    secret: secret(),
    cmiuuid: v.exactOptional(id("The call or leg that is meant")),
    cmiuid: v.exactOptional(id("Another spelling of cmiuuid, which wins")),
    action: choice(["hangup", "hold", "unhold", "holdToggle", "transfer"], "What is done to the call"),
    transfer_url: v.exactOptional(httpUrl("Asked for the flow that a transfer goes on with")),
    pcmo: v.exactOptional(nextFlow("The flow that a transfer goes on with; wins over transfer_url")),
  }),
  v.rawTransform(({ dataset, addIssue, NEVER }) => {
    const { cmiuid, cmiuuid = cmiuid, action, transfer_url: url, pcmo: flow, ...credentials } = dataset.value;
    if (cmiuuid === undefined) addIssue({ message: "is missing; must be the id of a call", path: at(dataset.value, "cmiuuid") });
    const to: Continuation | undefined = flow ? { flow } : url === undefined ? undefined : { url };
    if (action === "transfer" && !to) {
      const message = "is missing; a transfer must have an http:// or https:// address here, or a flow in pcmo";
      addIssue({ message, path: at(dataset.value, "transfer_url") });
    }
    if (cmiuuid === undefined) return NEVER;
    if (action !== "transfer") return { ...credentials, cmiuuid, action };
    return to ? { ...credentials, cmiuuid, action, to } : NEVER;
  }),
);

/** What is asked of a call that is up. */
export type CallActionRequest = v.InferOutput<typeof CallActionSchema>;

/** Reads a call-control request in any spelling. Never throws. */
export function parseCallAction(body: unknown): Parsed<CallActionRequest> {
  return parseWithFlow(CallActionSchema, Object.keys(CallActionSchema.entries), body);
}

/** Reads a body that may hold a flow under `pcmo`. */
export function parseWithFlow<S extends v.GenericSchema>(schema: S, known: readonly string[], body: unknown): Parsed<v.InferOutput<S>> {
  if (!isRecord(body)) return { ok: false, issues: [{ path: "", message: `must be an object; got ${kindOf(body)}` }] };
  const { pcmo } = body;
  if (Array.isArray(pcmo) && pcmo.length > maxActions) {
    return { ok: false, issues: [{ path: "/pcmo", message: `must have at most ${maxActions} actions; got ${pcmo.length}` }] };
  }
  const result = check(schema, withoutEmpty({ ...body, pcmo: withoutEmpty(pcmo, flowDepth) }, 1));
  if (!result.ok) return result;
  return { ...result, warnings: [...unknownKeys(body, known, ""), ...under("/pcmo", flowWarnings(pcmo))] };
}
