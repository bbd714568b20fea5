import { aborted, scope } from "../base/index.ts";
import type { Leg } from "../call/index.ts";
import type { Answer } from "./dial.ts";
import { describe } from "./failure.ts";
import { passKeys } from "./pass-keys.ts";
import { closeRecording, startRecording } from "./recordings.ts";
import type { Recording } from "./ports.ts";
import type { Data, Stage } from "./verb.ts";

interface TalkRules {
  /** Seconds. */
  readonly duration: number;
  readonly record: boolean;
}

/**
 * Joins the flow's leg (answering it now, if nobody has) with `other`, until either ends or `duration` is over; then
 * `other` is ended, unless somebody else has taken it over. Tells how long it lasted and why it ended. Rejects with the signal's reason when the flow's leg is gone.
 */
export async function talk({ leg: other, released }: Answer, rules: TalkRules, stage: Stage): Promise<Data> {
  const { line, note, signal } = stage;
  using talking = scope(signal);
  using otherLife = scope(other.signal);
  otherLife.onClose(() => talking.close());
  using taking = scope(released);
  taking.onClose(() => talking.close());
  let over = false;
  let bridgedMs = 0;
  try {
    await line.open();
    if (!talking.signal.aborted) ({ over, bridgedMs } = await joined(other, rules, stage, talking.signal));
  } finally {
    if (!released?.aborted) {
      await other.hangup({ reason: over ? "duration" : "completed", who: "us" });
      note("leg.ended", { ...other.signal.reason }, other.id);
    }
  }
  if (signal.aborted) throw signal.reason;
  return { bridgedMs, ended: over ? "duration" : released?.aborted ? "other_leg_taken" : "other_leg" };
}

async function joined(
  other: Leg, { duration, record }: TalkRules, stage: Stage, signal: AbortSignal,
): Promise<{ readonly over: boolean; readonly bridgedMs: number }> {
  const { company, note, ports: { clock } } = stage;
  using time = scope(signal);
  const startMs = clock.monotonicMs();
  let over = false;
  const timer = clock.setTimer(duration * 1000, () => {
    over = true;
    time.close();
  });
  time.onClose(() => timer.cancel());
  const leave = company.join(other);
  time.onClose(passKeys(stage.leg, other, stage, time.signal));
  time.onClose(passKeys(other, stage.leg, stage, time.signal));
  note("bridge.started", { other: other.id });
  const recording = record ? await recordTalk(stage) : undefined;
  await aborted(time.signal);
  leave();
  const bridgedMs = Math.round(clock.monotonicMs() - startMs);
  note("bridge.finished", { other: other.id, bridgedMs });
  if (recording) await closeRecording(stage, recording);
  return { over, bridgedMs };
}

/** A bridge that cannot be recorded is a bridge all the same; the timeline says so. */
async function recordTalk(stage: Stage): Promise<Recording | undefined> {
  try {
    return await startRecording(stage, { channels: "stereo" });
  } catch (failure) {
    stage.note("recording.failed", { ...describe(failure), next: "bridge_goes_on" });
    return undefined;
  }
}
