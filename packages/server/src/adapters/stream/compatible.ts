import { parseStreamMessage, type StreamMessage } from "@piopiy/pcmo";
import type { BotRequest, Dialect, DialectOptions } from "./dialect.ts";
import { pcmView } from "./pcm-view.ts";

/**
 * The protocol that bots of the hosted platform speak: they get binary frames of PCM and nothing else; they send audio,
 * controls and flows as JSON text, or PCM as binary frames.
 */
export function compatibleDialect({ sampleRateHz }: DialectOptions): Dialect {
  return {
    open: () => [],
    audio: (samples) => Buffer.from(pcmView(samples)),
    tell: () => [],
    read(frame) {
      if (typeof frame !== "string") return [{ type: "audio", audio: { form: "pcm", sampleRateHz, bytes: frame }, live: "likely" }];
      const parsed = parseStreamMessage(frame);
      return [parsed.ok ? requestOf(parsed.value, parsed.warnings) : { type: "unreadable", issues: parsed.issues }];
    },
  };
}

function requestOf(message: StreamMessage, warnings: Extract<BotRequest, { type: "flow" }>["warnings"]): BotRequest {
  if (message.type === "flow") return { type: "flow", flow: message.flow, warnings };
  if (message.type === "audio") return audioOf(message);
  if (message.action === "break") return { type: "clear" };
  return message.action === "stop" ? { type: "stop" } : { type: message.action, what: "listening" };
}

function audioOf({ audioDataType, sampleRate: sampleRateHz, audioData }: Extract<StreamMessage, { type: "audio" }>): BotRequest {
  const bytes = Buffer.from(audioData, "base64");
  return { type: "audio", audio: audioDataType === "raw" ? { form: "pcm", sampleRateHz, bytes } : { form: "file", bytes }, live: "likely" };
}
