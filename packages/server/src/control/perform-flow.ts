import type { Action } from "@piopiy/pcmo";
import { channels, PiopiyError } from "../base/index.ts";
import type { Cause, Leg } from "../call/index.ts";
import { createFlowSwitch, runFlow, type CallContext, type Ports, type Recording, type RecordingPort, type Timeline } from "../interpreter/index.ts";
import { inBackground } from "./background.ts";
import { causeOf, COMPLETED, DURATION } from "./causes.ts";
import { commit } from "./commit.ts";
import { streamEvent } from "./events.ts";
import type { LegRecord, LiveCall, World } from "./model.ts";
import { recordedDialler, type Alerting } from "./recorded-dialler.ts";
import { recordedRecordings } from "./recorded-recordings.ts";
import { digitCallbacks } from "./signed-callbacks.ts";
import { signedStreams } from "./signed-streams.ts";
import { streamTold } from "./stream-told.ts";
import { tellEncryption } from "./tell-encryption.ts";
import { allowTransfers } from "./transfers.ts";

export interface FlowRules {
  readonly flow: readonly Action[];
  /** How long leg a may be up. */
  readonly durationMs: number;
  /** Records leg a from its answer to its end. */
  readonly record: boolean;
  /** Told of whom the flow dials. */
  readonly alerting?: Alerting;
}

/** Performs the flow on leg a, ends the leg when the flow is over, and tells why the leg ended. Never rejects. */
export async function performFlow(world: World, call: LiveCall, leg: Leg, record: LegRecord, rules: FlowRules): Promise<Cause> {
  const recordings = recordedRecordings(world, call);
  const dialler = recordedDialler(world, call, "b", rules.alerting);
  const ports: Ports = {
    clock: world.clock, ids: world.ids, audio: world.audio, callbacks: digitCallbacks(world, call, record.facts), recordings, streams: signedStreams(world, call.facts), dialler,
    timeline: watched(world, call, record, rules.flow),
    ...(world.holdMusic && { holdMusic: world.holdMusic }),
  };
  record.onAnswered(() => {
    const timer = world.clock.setTimer(rules.durationMs, () => inBackground(leg.hangup(DURATION)));
    leg.signal.addEventListener("abort", () => timer.cancel(), { once: true });
    if (leg.signal.aborted) timer.cancel();
  });
  allowTransfers(world, call, leg, () => recordedDialler(world, call, "b"));
  tellEncryption(call, leg);
  const recording = rules.record ? await recordLeg(call, leg, recordings) : undefined;
  const outside = createFlowSwitch();
  record.flow = outside;
  const result = await runFlow(rules.flow, contextOf(call), leg, ports, call.life.signal, outside);
  call.extraParams = result.extraParams ?? call.extraParams;
  // A caller whom nobody answered is refused for the reason for which the last one dialled did not answer.
  const refusal = record.times.answeredMs === undefined ? dialler.lastRefusal : undefined;
  await leg.hangup(refusal ?? (record.times.answeredMs === undefined ? undefined : COMPLETED));
  if (recording) await closeRecording(call, leg, recording);
  await recordings.stopAll();
  return causeOf(leg.signal.reason);
}

/** A call that cannot be recorded is a call all the same; its timeline says so. */
async function recordLeg(call: LiveCall, leg: Leg, recordings: RecordingPort): Promise<Recording | undefined> {
  try {
    const recording = await recordings.start(leg, { channels: "stereo" });
    call.timeline.add({ type: "recording.started", legId: leg.id, data: { recording: recording.id, channels: "stereo" } });
    return recording;
  } catch (failure) {
    recordingFailed(call, leg, failure);
    return undefined;
  }
}

async function closeRecording(call: LiveCall, leg: Leg, recording: Recording): Promise<void> {
  try {
    const { durationMs } = await recording.stop();
    call.timeline.add({ type: "recording.finished", legId: leg.id, data: { recording: recording.id, durationMs } });
  } catch (failure) {
    recordingFailed(call, leg, failure);
  }
}

function recordingFailed(call: LiveCall, leg: Leg, failure: unknown): void {
  const code = failure instanceof PiopiyError ? failure.code : "internal";
  if (code === "internal") channels.failure.publish({ layer: "control", failure });
  call.timeline.add({ type: "recording.failed", legId: leg.id, data: { code, next: "call_goes_on" } });
}

function contextOf({ facts, extraParams }: LiveCall): CallContext {
  const { id, requestId, appid, from, to, direction } = facts;
  return {
    callId: id, appid, from, to, direction,
    ...(requestId === undefined ? {} : { requestId }),
    ...(extraParams === undefined ? {} : { extraParams }),
  };
}

/**
 * The call's timeline, read along by the record: the flow answers an inbound leg and joins legs by itself, and a `param`
 * counts for the webhooks that follow it.
 */
function watched(world: World, call: LiveCall, record: LegRecord, flow: readonly Action[]): Timeline {
  let own = true;
  return {
    add(event) {
      call.timeline.add(event);
      const told = streamTold(event);
      if (told) commit(world, streamEvent(world, call, record.facts, told), async () => undefined);
      if (event.type === "leg.answered" && event.legId === record.facts.id) record.answered();
      if (event.type === "bridge.started") call.legs.get(String(event.data?.["other"]))?.bridged();
      if (event.type === "flow.replaced") own = false;
      if (event.type !== "action.finished" || !own || event.actionIndex === undefined) return;
      const action = flow[event.actionIndex];
      if (action?.action === "param") call.extraParams = action.text;
    },
  };
}
