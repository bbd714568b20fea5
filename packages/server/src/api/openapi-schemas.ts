/** JSON Schemas of what the API answers; what it takes comes from the language's own schemas. */

type Schema = Readonly<Record<string, unknown>>;

const text: Schema = { type: "string" };
const ms: Schema = { type: "integer", description: "Milliseconds since 1970" };
const span: Schema = { type: ["integer", "null"], description: "Milliseconds" };
const orNull = (schema: Schema): Schema => ({ anyOf: [schema, { type: "null" }] });
const direction: Schema = { enum: ["inbound", "outbound"] };

function object(properties: Readonly<Record<string, Schema>>, optional: readonly string[] = []): Schema {
  return { type: "object", properties, required: Object.keys(properties).filter((key) => !optional.includes(key)) };
}

const listOf = (name: string): Schema => ({ type: "array", items: { $ref: `#/components/schemas/${name}` } });

const call = {
  call_id: text, request_id: orNull(text), direction, from: text, to: text,
  status: { enum: ["queued", "dialling", "ringing", "answered", "ended"] },
  cause: orNull({ type: "string", description: "Why it ended" }),
  created_ms: ms, started_ms: orNull(ms), answered_ms: orNull(ms), ended_ms: orNull(ms), duration_ms: span,
  extra_params: orNull({ type: "string", description: "JSON text, or the text of a param action" }),
} as const;

export const answerSchemas = {
  CallAccepted: object({ code: { const: 200 }, cmi_code: { const: 200 }, message: text }),
  Call: object(call),
  CallPage: object({ calls: listOf("Call"), next: { type: "string", description: "Give it as `before` for the next page" } }, ["next"]),
  CallDetail: object({ ...call, legs: listOf("Leg"), timeline: listOf("TimelineEntry"), recordings: listOf("Recording") }),
  Leg: object({
    cmiuuid: text, leg: { enum: ["a", "b"] }, direction, from: text, to: text,
    status: { enum: ["dialling", "ringing", "answered", "ended"] },
    started_ms: ms, ringing_ms: orNull(ms), answered_ms: orNull(ms), ended_ms: orNull(ms), duration_ms: span,
    cause: orNull(text), ended_by: orNull({ enum: ["us", "peer", "network"] }), sip_status: { type: ["integer", "null"] },
  }),
  TimelineEntry: object(
    {
      sequence: { type: "integer", minimum: 1 }, at_ms: ms, type: { type: "string", description: "Dotted name, for example leg.answered" },
      leg_id: text, action_index: { type: "integer", description: "Index of the action in its flow" }, data: { type: "object" },
    },
    ["leg_id", "action_index", "data"],
  ),
  Recording: object({
    recording_id: text, cmiuuid: text, channels: { enum: ["mono", "stereo"] }, status: { enum: ["recording", "completed", "failed", "interrupted"] },
    duration_ms: span, started_ms: ms, completed_ms: orNull(ms), url: orNull({ type: "string", description: "Path of the file, once it is complete" }),
  }),
  Health: object({ status: { enum: ["ok", "draining"] }, version: text, uptime_seconds: { type: "integer" }, calls: { type: "integer" } }),
} as const satisfies Readonly<Record<string, Schema>>;
