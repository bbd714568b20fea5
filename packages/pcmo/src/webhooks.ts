import * as v from "valibot";
import { fields } from "./issue.ts";
import { expecting, mustBe, mustBePrivate } from "./message.ts";
import { oneOf } from "./fields.ts";

// Bodies as they are on the wire, for the sender's types and the receiver's check. Keys nobody knows are left out.

const party = v.pipe(
  v.union([v.number(), v.string()], mustBePrivate("a phone number or the user name of a phone")),
  expecting("a phone number or the user name of a phone"),
);
const legId = v.pipe(v.string(mustBe("the id of a leg")), expecting("the id of a leg"));
const epochMs = v.pipe(v.number(mustBe("milliseconds since 1970")), expecting("milliseconds since 1970"));
const epochSeconds = v.pipe(v.number(mustBe("seconds since 1970")), expecting("seconds since 1970"));
const appid = v.pipe(v.union([v.number(), v.string()]), expecting("the id of an app"));
const optionalText = v.exactOptional(v.string());
const amount = v.exactOptional(v.union([v.number(), v.string()]));

/** One of the words, in any case; lower case out. */
function anyCase<const T extends readonly string[]>(words: T) {
  const expects = oneOf(words);
  const message = mustBe(expects);
  return v.pipe(
    v.union([v.picklist(words), v.pipe(v.string(), v.toLowerCase(), v.picklist(words, message))], message),
    expecting(expects),
  );
}

const leg = anyCase(["a", "b"]);
const direction = anyCase(["inbound", "outbound"]);

/**
 * POSTed to the answer URL when a call reaches a number of the app, or (without `action`) when a call that was placed
 * with an `answer_url` is answered. The reply is a flow.
 */
export const AnswerRequestSchema = fields({
  action: v.exactOptional(v.literal("inbound")),
  appid: v.exactOptional(appid),
  request_id: optionalText,
  from: party,
  to: party,
  time: epochMs,
  cmiuuid: legId,
});
export type AnswerRequest = v.InferOutput<typeof AnswerRequestSchema>;

/** POSTed to the `action_url` of `input` and `play_get_input`. The reply is a flow that replaces what is left. */
export const DtmfCallbackSchema = v.pipe(
  fields({
    from: party,
    to: party,
    dtmf: v.pipe(v.string(mustBePrivate("digits as text")), expecting("digits as text")),
    cmiuuid: v.exactOptional(legId),
    cmuuid: v.exactOptional(legId),
    appid: v.exactOptional(appid),
    extra_params: optionalText,
    event_id: optionalText,
    sequence: v.exactOptional(v.number()),
  }),
  v.rawTransform(({ dataset, addIssue, NEVER }) => {
    const { cmuuid, cmiuuid = cmuuid, ...rest } = dataset.value;
    if (cmiuuid !== undefined) return { ...rest, cmiuuid, cmuuid: cmuuid ?? cmiuuid };
    addIssue({ message: "must have cmiuuid (or cmuuid), the id of a leg; got neither" });
    return NEVER;
  }),
);
/** The callback's body; both spellings of the leg's id are there. */
export type DtmfCallback = v.InferOutput<typeof DtmfCallbackSchema>;

/** The record of one leg, POSTed to the CDR URL after it ended. `duration` in seconds, 0 when it was missed. */
export const CdrSchema = fields({
  type: v.exactOptional(v.literal("cdr")),
  appid,
  from: party,
  to: party,
  direction,
  leg,
  status: anyCase(["answered", "missed"]),
  duration: v.pipe(v.number(mustBe("seconds")), v.minValue(0, mustBe("seconds, 0 or more")), expecting("seconds")),
  time: epochMs,
  start_time: v.exactOptional(epochSeconds),
  answer_time: v.exactOptional(epochSeconds),
  end_time: v.exactOptional(epochSeconds),
  cmiuuid: legId,
  conversation_uuid: v.string(),
  request_id: optionalText,
  callerid: v.exactOptional(party),
  vn: v.exactOptional(party),
  extra_params: optionalText,
  hangup_reason: optionalText,
  call_rate: amount,
  balance: amount,
  record: v.exactOptional(v.boolean()),
  filename: optionalText,
  event_id: optionalText,
  sequence: v.exactOptional(v.number()),
});
export type Cdr = v.InferOutput<typeof CdrSchema>;

/** What a live event can tell: the words of 2024 for legs and streams, then the older ones. */
export const liveStatuses = [
  "in_started", "in_ringing", "in_answered", "in_bridged", "in_hangup",
  "out_started", "out_ringing", "out_answered", "out_bridged", "out_hangup",
  "stream_connected", "stream_disconnected", "stream_error",
  "machine_detection",
  "started", "ringing", "answered", "hangup",
] as const;

/**
 * POSTed to the live-event URL while a call is going on. `ws_status` is JSON text, on stream events only; `machine` and
 * `beep` are on `machine_detection` only.
 */
export const LiveEventSchema = fields({
  type: v.exactOptional(v.literal("event")),
  appid,
  from: party,
  to: party,
  direction,
  leg,
  status: anyCase(liveStatuses),
  time: epochMs,
  cmiuuid: legId,
  conversation_uuid: optionalText,
  request_id: optionalText,
  callerid: v.exactOptional(party),
  vn: v.exactOptional(party),
  extra_params: optionalText,
  ws_status: optionalText,
  machine: v.exactOptional(v.picklist(["human", "machine", "unknown"])),
  beep: v.exactOptional(v.boolean()),
  event_id: optionalText,
  sequence: v.exactOptional(v.number()),
});
export type LiveEvent = v.InferOutput<typeof LiveEventSchema>;

/** POSTed to the live-event URL when a recording has ended. `url` is a path of the server that recorded it. */
export const RecordingEventSchema = fields({
  type: v.picklist(["recording.completed", "recording.failed"]),
  appid,
  from: party,
  to: party,
  direction,
  leg,
  time: epochMs,
  cmiuuid: legId,
  recording_id: v.pipe(v.string(mustBe("the id of a recording")), expecting("the id of a recording")),
  channels: v.picklist(["mono", "stereo"]),
  duration_ms: v.exactOptional(v.number(mustBe("milliseconds"))),
  url: optionalText,
  interrupted: v.exactOptional(v.boolean()),
  conversation_uuid: optionalText,
  request_id: optionalText,
  callerid: v.exactOptional(party),
  vn: v.exactOptional(party),
  extra_params: optionalText,
  event_id: optionalText,
  sequence: v.exactOptional(v.number()),
});
export type RecordingEvent = v.InferOutput<typeof RecordingEventSchema>;
