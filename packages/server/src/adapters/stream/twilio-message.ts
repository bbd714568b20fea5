import { check, fields, mustBePrivate, text, type Issue } from "@piopiy/pcmo";
import * as v from "valibot";
import type { BotRequest, Frame } from "./dialect.ts";

const payloadMessage = mustBePrivate("base64 text");

// A byte stream of µ-law may be cut anywhere, so that there is no wrong length. RFC 4648 §4, padded or not. No nested
// repetition: it is run on megabytes that strangers send.
const MediaSchema = fields({
  media: fields({ payload: v.pipe(v.string(payloadMessage), v.regex(/^[A-Za-z0-9+/]*={0,2}$/, payloadMessage)) }),
});

const MarkSchema = fields({ mark: fields({ name: text(1, 256) }) });

/** Reads what a bot sends; the stream it names is not looked at, for a socket carries one only. Never throws. */
export function readTwilioMessage(frame: Frame): readonly BotRequest[] {
  if (typeof frame !== "string") return wrong("", "must be a text frame with JSON; got a binary one");
  const message = json(frame);
  if (typeof message !== "object" || message === null || Array.isArray(message)) return wrong("", "must be a JSON object");
  switch ("event" in message ? message.event : undefined) {
    case "media":
      return mediaOf(message);
    case "mark":
      return markOf(message);
    case "clear":
      return [{ type: "clear" }];
    default:
      return wrong("/event", 'must be "media", "mark" or "clear"');
  }
}

function mediaOf(message: object): readonly BotRequest[] {
  const read = check(MediaSchema, message);
  if (!read.ok) return unreadable(read.issues);
  // What is sent is buffered and heard in its order, however fast it came: nothing of it is left out.
  return [{ type: "audio", audio: { form: "mulaw", bytes: Buffer.from(read.value.media.payload, "base64") } }];
}

function markOf(message: object): readonly BotRequest[] {
  const read = check(MarkSchema, message);
  return read.ok ? [{ type: "mark", name: read.value.mark.name }] : unreadable(read.issues);
}

const unreadable = (issues: readonly Issue[]): readonly BotRequest[] => [{ type: "unreadable", issues }];
const wrong = (path: string, message: string): readonly BotRequest[] => unreadable([{ path, message }]);

function json(frame: string): unknown {
  try {
    return JSON.parse(frame);
  } catch {
    return undefined;
  }
}
