import * as v from "valibot";
import { choice, text } from "../fields.ts";
import { fields } from "../issue.ts";
import { expecting, mustBe, mustBePrivate, notOneOf } from "../message.ts";
import { isRecord } from "../record.ts";
import { integer, milliseconds, once, truth, utterance } from "./parts.ts";

const seq = () => integer(1, Number.MAX_SAFE_INTEGER, "Its place among the text messages of the stream: 1, 2, 3, …");

function word(about: string) {
  return v.pipe(v.string(mustBePrivate("text")), v.metadata({ expects: "text", description: `${about}.` }));
}

function listOf<const S extends v.GenericSchema>(item: S, what: string, about: string) {
  const expects = `a list of ${what}`;
  return v.pipe(v.array(item, mustBePrivate(expects)), v.readonly(), expecting(expects, about));
}

const textsMessage = mustBePrivate("an object of texts");
const parameters = () => v.pipe(
  // Not v.record: it takes lists too. The metadata is what JSON Schema shows.
  v.custom<Readonly<Record<string, string>>>((value) => isRecord(value) && Object.values(value).every((one) => typeof one === "string"), textsMessage),
  v.metadata({ type: "object", additionalProperties: { type: "string" } }),
  expecting("an object of texts", "What the action gave along as parameters"),
);

const format = () => fields({
  encoding: v.literal("pcm_s16le"),
  sample_rate: v.pipe(v.picklist([8000, 16_000], mustBe("8000 or 16000")), expecting("8000 or 16000", "Samples per second, both ways")),
  channels: v.literal(1),
  frame_ms: integer(1, 1000, "How much of the call a frame carries"),
});

const limits = () => fields({
  queue_ms: milliseconds("How much audio the server queues"),
  message_bytes: integer(1, Number.MAX_SAFE_INTEGER, "The longest frame the server takes"),
});

const resume = () => fields({
  token: word("What a reconnecting server offers"),
  resumed: truth("This connection goes on with a stream that was lost"),
  replayed_ms: milliseconds("What the party said while away and is sent now"),
  missed_ms: milliseconds("What the party said while away and is not sent"),
});

const startMessage = () => v.pipe(
  fields({
    type: v.literal("start"),
    seq: seq(),
    version: v.pipe(v.literal(1, mustBe("1")), expecting("1", "Of the protocol")),
    stream_id: word("The stream: the same on each of its connections"),
    call_id: word("The call"),
    leg_id: word("The leg the stream is on"),
    app_id: word("The app"),
    direction: choice(["inbound", "outbound"], "Of the call"),
    from: word("Who calls"),
    to: word("Who is called"),
    extra_params: v.nullable(word("The extra_params of the call, or null")),
    parameters: parameters(),
    listen_mode: choice(["caller", "callee", "both"], "Who is heard"),
    format: format(),
    limits: limits(),
    resume: v.nullable(resume()),
  }),
  v.description("First on every connection, before any audio."),
  v.readonly(),
);

const digitExpects = "one key: 0 to 9, *, # or A to D";
const digitMessage = mustBePrivate(digitExpects);

const dtmfMessage = () => v.pipe(
  fields({
    type: v.literal("dtmf"), seq: seq(),
    digit: v.pipe(v.string(digitMessage), v.regex(/^[0-9*#A-D]$/, digitMessage), expecting(digitExpects, "The key")),
  }),
  v.description("The party pressed a key."),
  v.readonly(),
);

const markMessage = () => v.pipe(
  fields({ type: v.literal("mark"), seq: seq(), name: text(1, 128, "As the bot named it") }),
  v.description("Everything that was sent before the mark has left as RTP."),
  v.readonly(),
);

const playedMessage = () => v.pipe(
  fields({
    type: v.literal("played"),
    seq: seq(),
    utterance: utterance(),
    heard_ms: milliseconds("What left as RTP"),
    complete: truth("Everything that was not dropped or skipped was heard"),
    skipped_ms: milliseconds("Left out of live audio to make up for a delay"),
    underrun_ms: milliseconds("How long there was nothing to play within it"),
    dropped_ms: milliseconds("What the queue had no room for"),
  }),
  v.description("An utterance is over: told once for each, in the order in which they began."),
  v.readonly(),
);

const clearedMessage = () => v.pipe(
  fields({
    type: v.literal("cleared"),
    seq: seq(),
    utterances: listOf(fields({ utterance: utterance(), heard_ms: milliseconds("What left of it as RTP") }), "utterances", "What was thrown away"),
    marks: listOf(word("A name"), "names", "The marks that went with it, which are never reached"),
  }),
  v.description("The answer to a clear, after the played of what it ended."),
  v.readonly(),
);

const underrunMessage = () => v.pipe(
  fields({
    type: v.literal("underrun"), seq: seq(), utterance: utterance(), count: integer(1, Number.MAX_SAFE_INTEGER, "How many so far in this utterance"),
    missed_ms: milliseconds("How long there was nothing to play"),
  }),
  v.description("Audio came again after a time without any, within an utterance."),
  v.readonly(),
);

const creditMessage = () => v.pipe(
  fields({ type: v.literal("credit"), seq: seq(), queued_ms: milliseconds("What waits to be heard"), free_ms: milliseconds("How much more may be sent") }),
  v.description("How much audio the queue has room for."),
  v.readonly(),
);

const overflowMessage = () => v.pipe(
  fields({ type: v.literal("overflow"), seq: seq(), utterance: utterance() }),
  v.description("The queue is full: what comes now is dropped until there is room."),
  v.readonly(),
);

const warningMessage = () => v.pipe(
  fields({
    type: v.literal("warning"),
    seq: seq(),
    issues: listOf(fields({ path: word("A JSON pointer into the message, RFC 6901"), message: word("What is wrong") }), "issues", "What could not be done"),
  }),
  v.description("A message could not be done, or not wholly."),
  v.readonly(),
);

const stopMessage = () => v.pipe(
  fields({
    type: v.literal("stop"),
    seq: seq(),
    reason: choice(["call_ended", "stopped", "protocol_error"], "The call is over, the bot asked for it, or it sent what is not allowed"),
    totals: fields({
      sent_ms: milliseconds("What the bot was sent of the call"),
      unsent_ms: milliseconds("What it was not sent because it did not read"),
      received_ms: milliseconds("What came of the bot"),
      played_ms: milliseconds("What left of that as RTP"),
      dropped_ms: milliseconds("What the queue had no room for"),
    }),
  }),
  v.description("The last message: the socket is closed after it."),
  v.readonly(),
);

/** The schema of each text message of the server, by its `type`, and of any of them. */
export const exactServerMessages = once(() => {
  const byType = {
    start: startMessage(),
    dtmf: dtmfMessage(),
    mark: markMessage(),
    played: playedMessage(),
    cleared: clearedMessage(),
    underrun: underrunMessage(),
    credit: creditMessage(),
    overflow: overflowMessage(),
    warning: warningMessage(),
    stop: stopMessage(),
  } as const;
  return { byType, any: v.variant("type", Object.values(byType), notOneOf('{"type":"start",…}', () => Object.keys(byType))) };
});

/** A text message of the server. */
export type ExactServerMessage = v.InferOutput<ReturnType<typeof exactServerMessages>["any"]>;
