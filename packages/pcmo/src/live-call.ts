import * as v from "valibot";
import { at } from "./at.ts";
import { nextFlow, parseWithFlow, type Continuation } from "./call-action.ts";
import { flag, httpUrl, keys, word } from "./fields.ts";
import { unknownKeys } from "./flow.ts";
import { check, fields, type Parsed } from "./issue.ts";
import { kindOf } from "./message.ts";
import { isRecord, withoutEmpty } from "./record.ts";

const leg = () =>
  v.exactOptional(word(/^[A-Za-z0-9-]{1,64}$/, 'a, b or the id of a leg', "Which leg is meant; without it the one in the path, or leg a"));

/** The body of `POST /calls/:id/flow`. */
export const FlowRequestSchema = v.pipe(
  fields({
    leg: leg(),
    pcmo: v.exactOptional(nextFlow("Performed in place of the flow that runs; wins over url")),
    url: v.exactOptional(httpUrl("Asked for that flow, as an answer URL is")),
  }),
  v.rawTransform(({ dataset, addIssue, NEVER }) => {
    const { pcmo: flow, url, ...rest } = dataset.value;
    const to: Continuation | undefined = flow ? { flow } : url === undefined ? undefined : { url };
    if (to) return { ...rest, to };
    addIssue({ message: "is missing; must be a list of actions, unless there is a url to ask for one", path: at(dataset.value, "pcmo") });
    return NEVER;
  }),
);
export type FlowRequest = v.InferOutput<typeof FlowRequestSchema>;

/** Reads the request for another flow; a list alone is one, too. Never throws. */
export function parseFlowRequest(body: unknown): Parsed<FlowRequest> {
  if (!Array.isArray(body)) return parseWithFlow(FlowRequestSchema, Object.keys(FlowRequestSchema.entries), body);
  const parsed = parseWithFlow(FlowRequestSchema, ["pcmo"], { pcmo: body });
  const inside = <T extends { readonly path: string }>(issue: T) => ({ ...issue, path: issue.path.replace(/^\/pcmo/, "") });
  return parsed.ok ? { ...parsed, warnings: parsed.warnings.map(inside) } : { ...parsed, issues: parsed.issues.map(inside) };
}

/** The body of `POST /calls/:id/dtmf`. */
export const DtmfRequestSchema = fields({
  leg: leg(),
  digits: keys("The keys that are pressed towards the leg, 100 ms each with 60 ms between them"),
});
export type DtmfRequest = v.InferOutput<typeof DtmfRequestSchema>;

/** The body of `POST /calls/:id/mute`. */
export const MuteRequestSchema = fields({ leg: leg(), on: v.optional(flag("False: the leg is heard again"), true) });
export type MuteRequest = v.InferOutput<typeof MuteRequestSchema>;

export const parseDtmfRequest = (body: unknown): Parsed<DtmfRequest> => parsePlain(DtmfRequestSchema, Object.keys(DtmfRequestSchema.entries), body);
export const parseMuteRequest = (body: unknown): Parsed<MuteRequest> => parsePlain(MuteRequestSchema, Object.keys(MuteRequestSchema.entries), body);

function parsePlain<S extends v.GenericSchema>(schema: S, known: readonly string[], body: unknown): Parsed<v.InferOutput<S>> {
  if (!isRecord(body)) return { ok: false, issues: [{ path: "", message: `must be an object; got ${kindOf(body)}` }] };
  const result = check(schema, withoutEmpty(body, 1));
  return result.ok ? { ...result, warnings: unknownKeys(body, known, "") } : result;
}
