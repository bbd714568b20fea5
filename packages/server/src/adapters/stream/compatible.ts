import { parseStreamMessage, type StreamMessage } from "@piopiy/pcmo";
import { pcmBytes } from "../../audio/index.ts";
import type { BotRequest, Dialect, DialectOptions } from "./dialect.ts";

/**
 * The protocol that bots of the hosted platform speak: they get binary frames of PCM and nothing else; they send audio,
 * controls and flows as JSON text, or PCM as binary frames.
 */
export function compatibleDialect({ sampleRateHz }: DialectOptions): Dialect {
  return {
    audio: pcmBytes,
    read(frame) {
      if (typeof frame !== "string") return { type: "audio", audio: { form: "pcm", sampleRateHz, bytes: frame } };
      const parsed = parseStreamMessage(frame);
      return parsed.ok ? requestOf(parsed.value, parsed.warnings) : { type: "unreadable", issues: parsed.issues };
    },
  };
}

function requestOf(message: StreamMessage, warnings: Extract<BotRequest, { type: "flow" }>["warnings"]): BotRequest {
  if (message.type === "flow") return { type: "flow", flow: message.flow, warnings };
  if (message.type === "control") return { type: message.action === "break" ? "clear" : message.action };
  return audioOf(message);
}

function audioOf({ audioDataType, sampleRate: sampleRateHz, audioData }: Extract<StreamMessage, { type: "audio" }>): BotRequest {
  if (audioDataType === "ogg") {
    return { type: "unreadable", issues: [{ path: "/data/audioDataType", message: "ogg is not decoded by this server: send raw, wav or mp3" }] };
  }
  const bytes = Buffer.from(audioData, "base64");
  return { type: "audio", audio: audioDataType === "raw" ? { form: "pcm", sampleRateHz, bytes } : { form: "file", bytes } };
}
