import * as v from "valibot";
import { FlowSchema, maxActions } from "./action.ts";
import { callee } from "./destination.ts";
import { diallingEntries } from "./dialling.ts";
import { flag, httpUrl, phoneNumber } from "./fields.ts";
import { appId, secret } from "./credentials.ts";
import { flowDepth, flowWarnings, unknownKeys } from "./flow.ts";
import { check, fields, under, type Parsed } from "./issue.ts";
import { expecting, kindOf, mustBePrivate } from "./message.ts";
import { isRecord, withoutEmpty } from "./record.ts";

const extraExpects = "an object (or its JSON text) of at most 8192 characters as JSON";

/** Echoed in every webhook of the call, as JSON text. */
const extraParams = v.pipe(
  v.union(
    // Not v.record: it takes lists too. The metadata is what JSON Schema shows.
    [v.pipe(v.custom<Readonly<Record<string, unknown>>>(isRecord), v.metadata({ type: "object" })), v.string()],
    mustBePrivate(extraExpects),
  ),
  expecting(extraExpects, "Echoed in every webhook of the call, as JSON text"),
  v.rawTransform(({ dataset, addIssue, NEVER }): Readonly<Record<string, unknown>> => {
    const value = jsonObject(dataset.value);
    if (value !== undefined) return value;
    addIssue({ message: `must be ${extraExpects}; got ${kindOf(dataset.value)}` });
    return NEVER;
  }),
);

function jsonObject(value: unknown): Readonly<Record<string, unknown>> | undefined {
  try {
    const json = typeof value === "string" ? value : JSON.stringify(value);
    if (json.length > 8192) return undefined;
    const parsed: unknown = JSON.parse(json);
    return isRecord(parsed) ? parsed : undefined;
  } catch {
    return undefined;
  }
}

const noActions = (issue: { readonly input: unknown }) => `must have at least one action; got ${kindOf(issue.input)}`;

/** What every request for a call has. */
const callEntries = {
  appid: appId(),
  secret: secret(),
  from: phoneNumber("The caller id: a number of the app"),
  to: callee("Whom to call first"),
  extra_params: v.optional(extraParams, {}),
  duration: diallingEntries.duration,
  timeout: diallingEntries.timeout,
  loop: diallingEntries.loop,
  ring_type: diallingEntries.ring_type,
  record: diallingEntries.record,
  amd: v.exactOptional(flag("Tell by an event whether a person or an answering machine has answered; nothing waits for it")),
};

/** The body of `POST /v2/…pcmo_make_call`. */
export const MakeCallSchema = v.pipe(
  fields({
    ...callEntries,
    pcmo: v.pipe(FlowSchema, v.minLength(1, noActions), expecting("a list of actions", "What is done when the call is answered")),
  }),
  v.transform(({ extra_params: extra, ...rest }) => ({ ...rest, extraParams: extra })),
  v.readonly(),
);

/** A request for a call, normalised: seconds for times, digits for numbers. */
export type MakeCallRequest = v.InferOutput<typeof MakeCallSchema>;
export type MakeCallInput = v.InferInput<typeof MakeCallSchema>;

/** Reads the request for a call in any spelling. Never throws. */
export function parseMakeCall(body: unknown): Parsed<MakeCallRequest> {
  if (!isRecord(body)) return { ok: false, issues: [{ path: "", message: `must be an object; got ${kindOf(body)}` }] };
  const flow = body["pcmo"];
  if (Array.isArray(flow) && flow.length > maxActions) {
    return { ok: false, issues: [{ path: "/pcmo", message: `must have at most ${maxActions} actions; got ${flow.length}` }] };
  }
  const result = check(MakeCallSchema, withoutEmpty({ ...body, pcmo: withoutEmpty(flow, flowDepth) }, 1));
  if (!result.ok) return result;
  const known = Object.keys(MakeCallSchema.entries);
  return { ...result, warnings: [...unknownKeys(body, known, ""), ...under("/pcmo", flowWarnings(flow))] };
}

/** The body of `POST /v1/make_call`: what is done is asked of `answer_url` when the call is answered. */
export const AnswerUrlCallSchema = v.pipe(
  fields({ ...callEntries, answer_url: httpUrl("Asked for what is done, when the call is answered") }),
  v.transform(({ extra_params: extra, ...rest }) => ({ ...rest, extraParams: extra })),
  v.readonly(),
);
export type AnswerUrlCallRequest = v.InferOutput<typeof AnswerUrlCallSchema>;

/** Reads the request for a call that asks its `answer_url`. Never throws. */
export function parseAnswerUrlCall(body: unknown): Parsed<AnswerUrlCallRequest> {
  if (!isRecord(body)) return { ok: false, issues: [{ path: "", message: `must be an object; got ${kindOf(body)}` }] };
  const result = check(AnswerUrlCallSchema, withoutEmpty(body, 1));
  return result.ok ? { ...result, warnings: unknownKeys(body, Object.keys(AnswerUrlCallSchema.entries), "") } : result;
}

/** The answer to an accepted request: the call is placed afterwards, its outcome arrives by webhook. */
export const MakeCallResponseSchema = fields({
  data: fields({ status: v.literal("progress"), request_id: v.string() }),
  status: v.literal("progress"),
  request_id: v.pipe(v.string(), v.regex(/^[A-Za-z0-9]{43}$/), expecting("43 letters and digits", "The id of the call")),
  code: v.literal(200),
  cmi_code: v.literal(200),
});
export type MakeCallResponse = v.InferOutput<typeof MakeCallResponseSchema>;

/** The answer to anything that is refused; `errors` points at what is wrong in a body. */
export const ErrorResponseSchema = fields({
  code: v.number(),
  cmi_code: v.number(),
  message: v.string(),
  errors: v.exactOptional(v.array(fields({ path: v.string(), message: v.string() }))),
});
export type ErrorResponse = v.InferOutput<typeof ErrorResponseSchema>;
