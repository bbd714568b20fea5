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

const appid: Schema = { type: ["string", "integer"] };
const party: Schema = { type: ["string", "integer"] };
const cdr: Schema = object({
  duration: { type: "integer", description: "Seconds; 0 when it was missed" }, balance: { type: ["string", "integer"] }, rate: { type: ["string", "integer"] },
  from: party, to: party, time: ms, leg: { enum: ["a", "b"] }, direction, status: { enum: ["answered", "missed"] },
});

const heard: Schema = orNull(object({
  loss_percent: { type: "number", description: "Lost, or too late to be heard" }, jitter_ms: { type: "number", description: "RFC 3550" },
  r_factor: { type: "number", description: "ITU-T G.107" }, mos: { type: "number", description: "ITU-T G.107, 1 to 4.4" },
}));

const media: Schema = {
  ...object({
    packets_sent: { type: "integer" }, packets_received: { type: "integer" }, packets_lost: { type: "integer" },
    received: { ...heard, description: "What came from the party; null where too little came to say anything" },
    sent: { ...heard, description: "What the party heard, as it reported" },
    round_trip_ms: { type: ["number", "null"] },
    encryption: {
      ...orNull(object({ keys: { enum: ["sdes", "dtls"] }, suite: { type: "string", description: "By its name in RFC 4568, such as AES_CM_128_HMAC_SHA1_80" } })),
      description: "How it was encrypted (SRTP), in the end; null: some of it was in the clear, or all",
    },
  }),
  description: "What the RTP of the leg came to, once the call has ended",
};

export const answerSchemas = {
  CallAccepted: object({ code: { const: 200 }, cmi_code: { const: 200 }, message: text }),
  Call: object(call),
  CallPage: object({ calls: listOf("Call"), next: { type: "string", description: "Give it as `before` for the next page; a page may have fewer calls than asked for, or none, and a next one" } }, ["next"]),
  CallDetail: object({
    ...call, legs: listOf("Leg"), actions: listOf("PerformedAction"), timeline: listOf("TimelineEntry"), recordings: listOf("Recording"),
    webhooks: listOf("Webhook"),
  }),
  PerformedAction: object({
    cmiuuid: text, action_index: { type: "integer" }, action: text, started_ms: ms, ended_ms: orNull(ms),
    outcome: { enum: ["running", "finished", "failed", "interrupted"] }, data: { type: "object" },
  }),
  Webhook: object({
    event_id: text, sequence: { type: "integer", minimum: 1 }, kind: { enum: ["event", "cdr", "recording", "dtmf"] }, name: text, cmiuuid: text,
    state: { enum: ["pending", "delivered", "given_up", "unaddressed"] }, created_ms: ms, next_attempt_ms: orNull(ms), attempts: listOf("WebhookAttempt"),
  }),
  WebhookAttempt: object({ at_ms: ms, http: { type: ["integer", "null"] }, error: orNull(text), duration_ms: { type: "integer" } }),
  Event: object({
    cursor: { type: "integer", description: "Its place among all events" }, event_id: text, call_id: text, cmiuuid: text, sequence: { type: "integer", minimum: 1 },
    kind: { enum: ["event", "cdr", "recording", "dtmf"] }, state: { enum: ["pending", "delivered", "given_up", "unaddressed"] },
    attempts: { type: "integer" }, created_ms: ms, next_attempt_ms: orNull(ms), body: { type: "object", description: "What is or was POSTed" },
  }),
  EventPage: object({ events: listOf("Event"), next: { type: "integer", description: "Give it as `after` for what comes next" }, more: { type: "boolean" } }),
  LegCdrRequest: object({ appid, secret: text, cmiuuid: text }),
  LegCdr: object({ cdr, code: { const: 200 }, cmi_code: { const: 200 } }),
  RequestCdrsRequest: object({ appid, secret: text, request_id: text }),
  RequestCdrs: object({ count: { type: "integer" }, cdr: { type: "array", items: cdr }, code: { const: 200 }, cmi_code: { const: 200 } }),
  Leg: object({
    cmiuuid: text, leg: { enum: ["a", "b"] }, direction, from: text, to: text,
    status: { enum: ["dialling", "ringing", "answered", "ended"] },
    started_ms: ms, ringing_ms: orNull(ms), answered_ms: orNull(ms), ended_ms: orNull(ms), duration_ms: span,
    cause: orNull(text), ended_by: orNull({ enum: ["us", "peer", "network"] }), sip_status: { type: ["integer", "null"] },
    sip_call_id: orNull({ type: "string", description: "The Call-ID of its SIP messages, once it has ended" }),
    media: orNull(media),
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
  Live: object({ status: { enum: ["live"] }, version: text, uptime_seconds: { type: "integer" } }),
  Health: object({ status: { enum: ["ok", "draining"] }, version: text, uptime_seconds: { type: "integer" }, calls: { type: "integer" } }),
} as const satisfies Readonly<Record<string, Schema>>;
