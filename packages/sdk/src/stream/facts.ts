import type { ExactServerMessage } from "@piopiy/pcmo";
import type { CompatibleFacts, ExactFacts, StreamTotals } from "./session.ts";

export type Start = Extract<ExactServerMessage, { readonly type: "start" }>;
type Stop = Extract<ExactServerMessage, { readonly type: "stop" }>;

/** What `start` tells. */
export function factsOf(start: Start): ExactFacts {
  return {
    protocol: "v1",
    callId: start.call_id, streamId: start.stream_id, legId: start.leg_id, appId: start.app_id,
    direction: start.direction, from: start.from, to: start.to,
    extraParams: extraParams(start.extra_params), parameters: start.parameters,
    sampleRate: start.format.sample_rate, listenMode: start.listen_mode,
    resumed: start.resume?.resumed ?? false,
  };
}

/** What is known when nothing is told. */
export const unknownFacts: Omit<CompatibleFacts, "sampleRate"> = {
  protocol: "compatible",
  callId: undefined, streamId: undefined, legId: undefined, appId: undefined, direction: undefined, from: undefined, to: undefined,
  extraParams: undefined, parameters: undefined, listenMode: undefined, resumed: false,
};

export function totalsOf({ totals }: Stop): StreamTotals {
  const { sent_ms: sentMs, unsent_ms: unsentMs, received_ms: receivedMs, played_ms: playedMs, dropped_ms: droppedMs } = totals;
  return { sentMs, unsentMs, receivedMs, playedMs, droppedMs };
}

/** An object stands in a call as JSON; a flow may have put any text in its place. */
function extraParams(text: string | null): unknown {
  if (text === null) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return value;
  } catch {
    return text;
  }
}
