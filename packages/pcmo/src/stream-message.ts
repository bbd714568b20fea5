import * as v from "valibot";
import { type Action } from "./action.ts";
import { isBase64 } from "./base64.ts";
import { choice } from "./fields.ts";
import { parseFlow } from "./flow.ts";
import { check, fields, type Parsed } from "./issue.ts";
import { expecting, kindOf, mustBe, mustBePrivate } from "./message.ts";
import { isRecord } from "./record.ts";

// The stream's WebSocket, once it is open:
//
//   platform → bot   binary frames only: 16-bit signed PCM, little-endian, mono, 8000 or 16000 Hz as `voice_quality`
//                    says, 20 ms each (320 or 640 bytes). No text frame is sent.
//   bot → platform   text frames: one of the three shapes below. Binary frames: PCM of the same form, to be played.

/** The longest audio of one message, in base64 characters (about 6 MB of audio). */
export const maxAudioData = 8_388_608;

const base64Expects = `base64 text of 4 to ${maxAudioData} characters`;
const base64Message = mustBePrivate(base64Expects);
const rateMessage = mustBe("8000 or 16000, as a number");

/** `{ type: "streamAudio", data }`: audio to be played to the call, after what is queued. `raw` is PCM as above. */
export const StreamAudioSchema = fields({
  type: v.literal("streamAudio"),
  data: fields({
    audioDataType: choice(["raw", "mp3", "wav", "ogg"], "The form of the audio"),
    sampleRate: v.pipe(v.picklist([8000, 16_000], rateMessage), expecting("8000 or 16000, as a number", "Samples per second")),
    audioData: v.pipe(
      v.string(base64Message),
      v.minLength(4, base64Message),
      v.maxLength(maxAudioData, base64Message),
      v.check(isBase64, base64Message),
      expecting(base64Expects, "The audio"),
    ),
  }),
});

/** `pause` and `resume` the stream, `break`: drop the audio that is queued, `stop`: close the socket for good. */
export const StreamControlSchema = fields({
  action: choice(["pause", "resume", "stop", "break"], "What is done to the stream"),
});

/** What a bot says, normalised. */
export type StreamMessage =
  | ({ readonly type: "audio" } & Readonly<v.InferOutput<typeof StreamAudioSchema>["data"]>)
  | { readonly type: "control"; readonly action: v.InferOutput<typeof StreamControlSchema>["action"] }
  | { readonly type: "flow"; readonly flow: readonly Action[] };

/** Reads a text frame of a bot (the text, or what was parsed of it). Never throws. */
export function parseStreamMessage(frame: unknown): Parsed<StreamMessage> {
  const read = typeof frame === "string" ? json(frame) : { value: frame };
  if (read === undefined) return wrong("", "must be JSON");
  const { value } = read;
  if (Array.isArray(value)) {
    const flow = parseFlow(value);
    return flow.ok ? { ok: true, value: { type: "flow", flow: flow.value }, warnings: flow.warnings } : flow;
  }
  if (!isRecord(value)) return wrong("", `must be an object or a list of actions; got ${kindOf(value)}`);
  if ("type" in value) return audio(value);
  if (!("action" in value)) return wrong("", 'must have type ("streamAudio") or action ("pause", "resume", "stop" or "break"); got neither');
  const control = check(StreamControlSchema, value);
  return control.ok ? { ok: true, value: { type: "control", action: control.value.action }, warnings: [] } : control;
}

function audio(value: unknown): Parsed<StreamMessage> {
  const result = check(StreamAudioSchema, value);
  return result.ok ? { ok: true, value: { ...result.value.data, type: "audio" }, warnings: [] } : result;
}

function wrong(path: string, message: string): Parsed<never> {
  return { ok: false, issues: [{ path, message }] };
}

function json(text: string): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return undefined;
  }
}
