import * as v from "valibot";
import { choice, flag, webSocketUrl } from "../fields.ts";
import { fields } from "../issue.ts";
import { expecting, mustBe } from "../message.ts";

// Any other value becomes 8000, with a warning: a call is not refused for the quality of its stream.
const quality = v.pipe(
  v.union([v.number(), v.string()], mustBe("8000 or 16000")),
  expecting("8000 or 16000", "Samples per second; anything else is taken as 8000"),
);

/** Sends the call's audio to a WebSocket server and plays what comes back, while the flow goes on. */
export const StreamSchema = v.pipe(
  fields({
    action: v.literal("stream"),
    ws_url: webSocketUrl("The WebSocket server to connect to"),
    listen_mode: v.optional(
      choice(["caller", "callee", "both"], "Who is heard: leg A, leg B once bridged, or both mixed"),
      "caller",
    ),
    voice_quality: v.pipe(v.optional(quality, 8000), v.transform(sampleRate)),
    stream_on_answer: v.optional(flag("Start only when the call is answered"), false),
  }),
  v.description("Sends the call's audio to a WebSocket server and plays what comes back, while the flow goes on."),
  v.readonly(),
);
export type StreamAction = v.InferOutput<typeof StreamSchema>;

function sampleRate(quality: number | string): 8000 | 16000 {
  return isQuality(quality) && Number(quality) === 16_000 ? 16_000 : 8000;
}

/** Is it a voice quality this server has? */
export function isQuality(quality: unknown): boolean {
  return quality === 8000 || quality === 16_000 || quality === "8000" || quality === "16000";
}
