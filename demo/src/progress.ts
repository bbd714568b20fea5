import { channels, systemClock } from "@piopiy/server";

const SAYS: Readonly<Record<string, string>> = {
  "call.queued": "the call is on disk, and the API has answered",
  "leg.dialled": "INVITE is sent",
  "leg.ringing": "it rings",
  "leg.answered": "answered",
  "flow.started": "the flow begins",
  "prompt.played": "the prompt was played",
  "digits.collected": "digits came in",
  "callback.sent": "digits are posted to the webhook",
  "callback.replied": "the webhook answered",
  "flow.replaced": "its PCMO replaces the rest of the flow",
  "recording.started": "recording",
  "recording.finished": "the recording is complete",
  "bridge.started": "both parties hear each other",
  "bridge.finished": "the bridge is over",
  "flow.finished": "the flow is over",
  "leg.ended": "a leg has ended",
  "leg.media": "its packets are counted",
  "call.ended": "the call has ended",
  "call.action": "asked for by the API",
  "leg.held": "on hold: music",
  "leg.resumed": "back from hold",
  "answer_url.sent": "the answer URL is asked",
  "answer_url.replied": "it answered with PCMO",
};

interface Told {
  readonly entry: { readonly type: string; readonly data?: { readonly action?: string; readonly cause?: unknown } };
}

/** Prints what happens in every call, as it happens, until the returned function is called. */
export function showTimeline(print: (line: string) => void): () => void {
  const startMs = systemClock.monotonicMs();
  const listener = (message: unknown) => {
    if (!isTold(message)) return;
    const { type, data } = message.entry;
    const seconds = ((systemClock.monotonicMs() - startMs) / 1000).toFixed(2).padStart(6);
    const action = data?.action ? `  ${data.action}` : "";
    print(`${seconds} s  ${type.padEnd(20)}${action}${SAYS[type] ? `  ${SAYS[type]}` : ""}`);
  };
  channels.timeline.subscribe(listener);
  return () => {
    channels.timeline.unsubscribe(listener);
  };
}

function isTold(message: unknown): message is Told {
  return typeof message === "object" && message !== null && "entry" in message;
}
