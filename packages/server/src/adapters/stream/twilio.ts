import { g711, SAMPLE_RATE_HZ } from "../../audio/index.ts";
import type { Dialect, Frame, StreamEvent, StreamStart } from "./dialect.ts";
import { readTwilioMessage } from "./twilio-message.ts";
import { sidOf } from "./twilio-sid.ts";

/** The rate is not negotiable: 20 ms are 160 bytes of µ-law. */
export const twilioSampleRateHz = SAMPLE_RATE_HZ;

interface Sids {
  readonly stream: string;
  readonly call: string;
  readonly account: string;
}

/**
 * The messages of Twilio Media Streams (`<Connect><Stream>`), as publicly documented: JSON text both ways, the audio in
 * it as µ-law of 8 kHz in base64.
 *
 *     connected, start, media …  (dtmf, mark between them)  …, stop      from us, numbered from `start` on
 *     media, mark, clear                                                 from the bot
 *
 * What the party says is the inbound track, what it hears the outbound one.
 * Deviation: `listen_mode` both is one mixed track, told as inbound; there is one only.
 */
export function twilioDialect(): Dialect {
  let sids: Sids = { stream: "", call: "", account: "" };
  let track: "inbound" | "outbound" = "inbound";
  let [sequence, chunks] = [0, 0];
  const numbered = (event: string, more: object): Frame => {
    sequence += 1;
    return JSON.stringify({ event, sequenceNumber: String(sequence), ...more, streamSid: sids.stream });
  };
  return {
    // These bots send a sentence at once, much faster than it is spoken: its beginning is what must not be lost.
    drops: "newest",
    open(start) {
      sids = sidsOf(start);
      track = start.listenMode === "callee" ? "outbound" : "inbound";
      return [JSON.stringify({ event: "connected", protocol: "Call", version: "1.0.0" }), numbered("start", { start: startOf(start, sids, track) })];
    },
    audio(samples, position) {
      chunks += 1;
      const timestamp = String(Math.round((position * 1000) / twilioSampleRateHz));
      const payload = Buffer.from(g711.PCMU.encode(samples)).toString("base64");
      return numbered("media", { media: { track, chunk: String(chunks), timestamp, payload } });
    },
    tell: (event) => messagesOf(event, sids).map((message) => numbered(event.type, message)),
    read: readTwilioMessage,
  };
}

function sidsOf({ streamId, call }: StreamStart): Sids {
  return { stream: sidOf("MZ", streamId), call: sidOf("CA", call.callId), account: sidOf("AC", call.appid) };
}

function startOf({ parameters }: StreamStart, { stream, call, account }: Sids, track: string): object {
  return {
    accountSid: account,
    streamSid: stream,
    callSid: call,
    tracks: [track],
    mediaFormat: { encoding: "audio/x-mulaw", sampleRate: twilioSampleRateHz, channels: 1 },
    customParameters: parameters,
  };
}

/** What the messages say besides their event and number; there is none for what the dialect has no word for. */
function messagesOf(event: StreamEvent, { call, account }: Sids): readonly object[] {
  if (event.type === "dtmf") return [{ dtmf: { track: "inbound_track", digit: event.digit } }];
  // A mark that was cleared comes back, too: the bot learns by it how far it was heard.
  if (event.type === "mark") return [{ mark: { name: event.name } }];
  return event.type === "stop" ? [{ stop: { accountSid: account, callSid: call } }] : [];
}
