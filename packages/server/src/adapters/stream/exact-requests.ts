import type { Action, ExactBotMessage, Issue } from "@piopiy/pcmo";
import type { BotAudio, BotRequest } from "./dialect.ts";

type Message<T extends ExactBotMessage["type"]> = Extract<ExactBotMessage, { type: T }>;

/** What a text message asks for, and what is wrong with it beside that. */
export function requestsOf(message: ExactBotMessage, warnings: readonly Issue[], sampleRateHz: 8000 | 16_000): readonly BotRequest[] {
  const request = requestOf(message, sampleRateHz);
  return warnings.length === 0 ? [request] : [{ type: "unreadable", issues: warnings }, request];
}

function requestOf(message: ExactBotMessage, sampleRateHz: 8000 | 16_000): BotRequest {
  switch (message.type) {
    case "audio":
      return { type: "audio", audio: audioOf(message, sampleRateHz), utterance: message.utterance, last: message.last, ...(message.live && { live: "surely" }) };
    case "end":
    case "mark":
    case "clear":
    case "pause":
    case "resume":
    case "stop":
      return message;
    case "dtmf":
      return { type: "digits", digits: message.digits };
    case "flow":
      return { type: "flow", flow: message.flow, warnings: [] };
    case "hangup":
      return { type: "flow", flow: [{ action: "hangup", ...(message.reason !== undefined && { cause: message.reason }) }], warnings: [] };
    case "transfer":
  }
  return { type: "flow", flow: [bridgeOf(message)], warnings: [] };
}

function audioOf({ audio, encoding, sample_rate: rateHz }: Message<"audio">, sampleRateHz: 8000 | 16_000): BotAudio {
  const bytes = Buffer.from(audio, "base64");
  if (encoding === "pcm") return { form: "pcm", sampleRateHz: rateHz ?? sampleRateHz, bytes };
  return { form: encoding === "mulaw" ? "mulaw" : "file", bytes };
}

function bridgeOf({ to, from, timeout, duration }: Message<"transfer">): Action {
  return { action: "bridge", connect: [to], timeout, duration, loop: 1, ring_type: "single", record: false, ...(from !== undefined && { from }) };
}
