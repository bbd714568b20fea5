import * as v from "valibot";
import { at } from "../at.ts";
import { choice, flag, webSocketUrl, wholeNumber } from "../fields.ts";
import { fields } from "../issue.ts";
import { expecting, mustBe } from "../message.ts";
import { headers, parameters } from "./stream-texts.ts";

// Any other value becomes 8000, with a warning: a call is not refused for the quality of its stream.
const quality = v.pipe(
  v.union([v.number(), v.string()], mustBe("8000 or 16000")),
  expecting("8000 or 16000", "Samples per second; anything else is taken as 8000"),
);

const streamEntries = {
  action: v.literal("stream"),
  ws_url: webSocketUrl("The WebSocket server to connect to"),
  listen_mode: v.optional(
    choice(["caller", "callee", "both"], "Who is heard: leg A, leg B once bridged, or both mixed"),
    "caller",
  ),
  voice_quality: v.pipe(v.optional(quality, 8000), v.transform(sampleRate)),
  stream_on_answer: v.optional(flag("Start only when the call is answered"), false),
  protocol: v.exactOptional(
    choice(
      ["compatible", "v1", "auto"],
      "What is spoken: the compatible form, as when absent; piopiy.v1; or piopiy.v1 if the bot takes it as its sub-protocol, else the compatible form",
    ),
  ),
  dialect: v.exactOptional(choice(["twilio"], "Speak the protocol of another service; not together with protocol")),
  parameters: v.exactOptional(parameters),
  headers: v.exactOptional(headers),
  sign_url: v.exactOptional(flag("Put the signature into the query of the address too, as piopiy_signature; false when absent")),
  standby_url: v.exactOptional(webSocketUrl("Tried when ws_url cannot be connected to, or does not come back")),
  reconnect: v.exactOptional(
    wholeNumber(0, 300, "Seconds for which a lost connection is tried again; when absent 30 with piopiy.v1, else 0"),
  ),
  hold_sound: v.exactOptional(
    flag("Play the hold music while the bot is away for more than a second; when absent true if connections are tried again"),
  ),
};

const StreamFieldsSchema = v.pipe(fields(streamEntries), v.readonly());

/** A `stream` but for its `on_stream_fail`, which the language as a whole has to say. */
export type StreamFields = v.InferOutput<typeof StreamFieldsSchema>;
export type StreamFieldsInput = v.InferInput<typeof StreamFieldsSchema>;

/** Sends the call's audio to a WebSocket server and plays what comes back, while the flow goes on. `flow`: the schema of a flow. */
export function streamSchema<const F extends v.GenericSchema>(flow: F) {
  return v.pipe(
    fields({ ...streamEntries, on_stream_fail: v.exactOptional(flow) }),
    v.description("Sends the call's audio to a WebSocket server and plays what comes back, while the flow goes on."),
    v.rawCheck(({ dataset, addIssue }) => {
      if (!dataset.typed) return;
      const { protocol, dialect } = dataset.value;
      if (protocol === undefined || dialect === undefined) return;
      addIssue({ message: "must not stand together with protocol: leave one of them out", path: at(dataset.value, "dialect") });
    }),
    v.readonly(),
  );
}

function sampleRate(quality: number | string): 8000 | 16000 {
  return isQuality(quality) && Number(quality) === 16_000 ? 16_000 : 8000;
}

/** Is it a voice quality this server has? */
export function isQuality(quality: unknown): boolean {
  return quality === 8000 || quality === 16_000 || quality === "8000" || quality === "16000";
}
