import * as v from "valibot";
import { FlowSchema } from "../action.ts";
import { cause } from "../actions/hangup.ts";
import { isBase64 } from "../base64.ts";
import { callee } from "../destination.ts";
import { diallingEntries } from "../dialling.ts";
import { choice, keys, text } from "../fields.ts";
import { fields } from "../issue.ts";
import { expecting, mustBe, mustBePrivate, notOneOf } from "../message.ts";
import { streamLimits } from "./limits.ts";
import { once, truth, utterance } from "./parts.ts";

const base64Expects = "base64 text with its padding";
const base64Message = mustBePrivate(base64Expects);
const rateExpects = "8000 or 16000, as a number";

const base64 = () => v.pipe(
  v.string(base64Message),
  v.maxLength(streamLimits.messageBytes, base64Message),
  v.check(isBase64, base64Message),
  v.metadata({ contentEncoding: "base64" }),
  expecting(base64Expects, "The audio, of any length; also none, to say only that it is the last"),
);

const audioMessage = () => v.pipe(
  fields({
    type: v.literal("audio"),
    utterance: utterance("The utterance it belongs to; its number is chosen by the bot and never used again on this stream"),
    audio: base64(),
    encoding: v.optional(
      choice(["pcm", "mulaw", "wav", "mp3", "ogg"], "pcm: 16 bit signed little-endian mono; mulaw: G.711 at 8 kHz; the others are whole files"),
      "pcm",
    ),
    sample_rate: v.exactOptional(
      v.pipe(v.picklist([8000, 16_000], mustBe(rateExpects)), expecting(rateExpects, "Samples per second of pcm; that of the stream when absent")),
    ),
    last: v.optional(truth("Nothing more comes of the utterance"), false),
    live: v.optional(truth("The audio is being made now: a delay that has grown is made up for; the first message of an utterance says it for all"), false),
  }),
  v.description("Audio to be heard after what is queued."),
  v.readonly(),
);

const endMessage = () => v.pipe(
  fields({ type: v.literal("end"), utterance: utterance() }),
  v.description("Nothing more comes of the utterance."),
  v.readonly(),
);

const markMessage = () => v.pipe(
  fields({ type: v.literal("mark"), name: text(1, 128, "Told in mark, when everything that was sent before has left as RTP") }),
  v.description("A mark behind everything sent so far."),
  v.readonly(),
);

const clearMessage = () => v.pipe(
  fields({ type: v.literal("clear"), utterance: v.exactOptional(utterance("The one that is meant; all when absent")) }),
  v.description("Throws away what is queued, with its marks, at once."),
  v.readonly(),
);

const what = () => v.optional(
  choice(["playback", "listening"], "What the party hears of the bot, or what the bot is sent of the call"),
  "playback",
);

const pauseMessage = () => v.pipe(
  fields({ type: v.literal("pause"), what: what() }),
  v.description("Stops what the party hears of the bot where it is, or what the bot is sent of the call."),
  v.readonly(),
);

const resumeMessage = () => v.pipe(fields({ type: v.literal("resume"), what: what() }), v.description("Ends a pause."), v.readonly());

const dtmfMessage = () => v.pipe(
  fields({ type: v.literal("dtmf"), digits: v.pipe(keys("The keys that are pressed towards the party"), v.toUpperCase()) }),
  v.description("Presses keys towards the party."),
  v.readonly(),
);

const flowMessage = () => v.pipe(
  fields({ type: v.literal("flow"), flow: v.pipe(FlowSchema, expecting("a list of actions", "The flow")) }),
  v.description("Performed in place of the action under way and those that are left."),
  v.readonly(),
);

const hangupMessage = () => v.pipe(
  fields({ type: v.literal("hangup"), reason: v.exactOptional(cause()) }),
  v.description("Ends the call."),
  v.readonly(),
);

const transferMessage = () => v.pipe(
  fields({
    type: v.literal("transfer"), to: callee("Whom to put the party through to"),
    from: diallingEntries.from, timeout: diallingEntries.timeout, duration: diallingEntries.duration,
  }),
  v.description("Puts the party through, as a bridge does."),
  v.readonly(),
);

const stopMessage = () => v.pipe(
  fields({ type: v.literal("stop") }),
  v.description("Closes the stream; the call goes on with its flow."),
  v.readonly(),
);

/** The schema of each text message of a bot, by its `type`, and of any of them. */
export const exactBotMessages = once(() => {
  const byType = {
    audio: audioMessage(),
    end: endMessage(),
    mark: markMessage(),
    clear: clearMessage(),
    pause: pauseMessage(),
    resume: resumeMessage(),
    dtmf: dtmfMessage(),
    flow: flowMessage(),
    hangup: hangupMessage(),
    transfer: transferMessage(),
    stop: stopMessage(),
  } as const;
  return { byType, any: v.variant("type", Object.values(byType), notOneOf('{"type":"stop"}', () => Object.keys(byType))) };
});

/** A text message of a bot in its one normalised form. `audio` is base64 still. */
export type ExactBotMessage = v.InferOutput<ReturnType<typeof exactBotMessages>["any"]>;
/** A text message as a bot may write it. */
export type ExactBotMessageInput = v.InferInput<ReturnType<typeof exactBotMessages>["any"]>;
