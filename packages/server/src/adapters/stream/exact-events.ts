import type { ExactServerMessage } from "@piopiy/pcmo";
import { FRAME_MS } from "../../audio/index.ts";
import type { StreamEvent, StreamStart } from "./dialect.ts";

/** A message that has no number yet. */
type Unnumbered<M> = M extends { readonly seq: number } ? Omit<M, "seq"> : never;
type Message = Unnumbered<ExactServerMessage>;

export function startMessage({ streamId, call, parameters, listenMode, sampleRateHz, limits, resume }: StreamStart): Message {
  return {
    type: "start",
    version: 1,
    stream_id: streamId,
    call_id: call.callId,
    leg_id: call.legId,
    app_id: call.appid,
    direction: call.direction,
    from: call.from,
    to: call.to,
    extra_params: call.extraParams ?? null,
    parameters,
    listen_mode: listenMode,
    format: { encoding: "pcm_s16le", sample_rate: sampleRateHz, channels: 1, frame_ms: FRAME_MS },
    limits: { queue_ms: limits.queueMs, message_bytes: limits.messageBytes },
    resume: resume ? { token: resume.token, resumed: resume.resumed, replayed_ms: resume.replayedMs, missed_ms: resume.missedMs } : null,
  };
}

/** Nothing, for what the protocol has no word for: what was said without an id, and marks that were cleared. */
export function eventMessage(event: StreamEvent): Message | undefined {
  switch (event.type) {
    case "dtmf":
      return { type: "dtmf", digit: event.digit };
    case "mark":
      return event.reached ? { type: "mark", name: event.name } : undefined;
    case "cleared":
      return { type: "cleared", utterances: event.utterances.flatMap(clearedOf), marks: event.marks };
    case "credit":
      return { type: "credit", queued_ms: event.queuedMs, free_ms: event.freeMs };
    case "warning":
      return { type: "warning", issues: event.issues };
    case "played":
    case "underrun":
    case "overflow":
      return event.utterance === undefined ? undefined : utteranceMessage(event, event.utterance);
    case "stop":
  }
  return stopMessage(event);
}

function utteranceMessage(event: Extract<StreamEvent, { type: "played" | "underrun" | "overflow" }>, utterance: number): Message {
  switch (event.type) {
    case "overflow":
      return { type: "overflow", utterance };
    case "underrun":
      return { type: "underrun", utterance, count: event.count, missed_ms: event.missedMs };
    case "played":
  }
  return {
    type: "played", utterance, heard_ms: event.heardMs, complete: event.complete,
    skipped_ms: event.skippedMs, underrun_ms: event.underrunMs, dropped_ms: event.droppedMs,
  };
}

function clearedOf({ utterance, heardMs }: { readonly utterance: number | undefined; readonly heardMs: number }) {
  return utterance === undefined ? [] : [{ utterance, heard_ms: heardMs }];
}

function stopMessage({ reason, totals }: Extract<StreamEvent, { type: "stop" }>): Message {
  return {
    type: "stop",
    reason,
    totals: {
      sent_ms: totals.sentMs, unsent_ms: totals.unsentMs, received_ms: totals.receivedMs, played_ms: totals.playedMs, dropped_ms: totals.droppedMs,
    },
  };
}
