import { parseExactBotMessage, readBotAudioFrame, streamLimits, writeAudioFrame } from "@piopiy/pcmo";
import type { BotRequest, Dialect, DialectOptions } from "./dialect.ts";
import { eventMessage, startMessage } from "./exact-events.ts";
import { requestsOf } from "./exact-requests.ts";
import { pcmView } from "./pcm-view.ts";

/** The exact protocol, `piopiy.v1`: what a bot says has ids, and what became of it is told. */
export function exactDialect({ sampleRateHz }: DialectOptions): Dialect {
  let seq = 0;
  const numbered = ({ type, ...message }: { readonly type: string }) => {
    seq += 1;
    return JSON.stringify({ type, seq, ...message });
  };
  return {
    untilHeard: true,
    drops: "newest",
    open: (start) => [numbered(startMessage(start))],
    audio: (samples, position) => writeAudioFrame({ position, pcm: pcmView(samples) }),
    tell(event) {
      const message = eventMessage(event);
      return message ? [numbered(message)] : [];
    },
    read: (frame) => (typeof frame === "string" ? readText(frame, sampleRateHz) : [readAudio(frame, sampleRateHz)]),
  };
}

function readAudio(bytes: Uint8Array, sampleRateHz: 8000 | 16_000): BotRequest {
  const frame = readBotAudioFrame(bytes);
  if ("issue" in frame) return { type: "unreadable", issues: [{ path: "", message: frame.issue }] };
  const { utterance, last, live, pcm } = frame;
  return { type: "audio", audio: { form: "pcm", sampleRateHz, bytes: pcm }, utterance, last, ...(live && { live: "surely" }) };
}

function readText(text: string, sampleRateHz: 8000 | 16_000): readonly BotRequest[] {
  const parsed = parseExactBotMessage(text);
  if (!parsed.ok) return [{ type: "unreadable", issues: parsed.issues.slice(0, streamLimits.warnings) }];
  return requestsOf(parsed.value, parsed.warnings, sampleRateHz);
}
