import { createSilenceMeter } from "../audio/index.ts";
import { aborted, scope } from "../base/index.ts";
import { closeRecording, startRecording } from "./recordings.ts";
import { typedDigits, type TypedDigits } from "./typed-digits.ts";
import type { ActionOf, Data, Stage } from "./verb.ts";

type Limits = Pick<ActionOf<"record">, "max_length" | "silence_timeout" | "finish_on_key">;
type EndedBy = "max_length" | "silence" | "finish_on_key";

/** Whether a `record` ends by itself: then it is a message, which the flow waits for. */
export const isMessage = ({ max_length: length, silence_timeout: silence, finish_on_key: key = "" }: Limits): boolean =>
  length !== undefined || silence !== undefined || key !== "";

/**
 * Records the leg until the first of its limits, and closes the recording. It is one of its own, also within a call that
 * is recorded anyway. Rejects with the signal's reason when the leg has ended; the recording is then complete, too.
 */
export async function takeMessage(action: ActionOf<"record">, stage: Stage): Promise<Data> {
  const { leg, signal } = stage;
  // The key may come between the start of the recording and its being waited for.
  using typed = typedDigits(leg);
  const recording = await startRecording(stage, { channels: action.channels, format: action.format });
  const ended = signal.aborted ? undefined : await firstLimit(action, typed, stage);
  const end = await closeRecording(stage, recording);
  if (signal.aborted) throw signal.reason;
  return { recording: recording.id, ended, ...end };
}

async function firstLimit(limits: Limits, typed: TypedDigits, { leg, ports, signal }: Stage): Promise<EndedBy | undefined> {
  using waiting = scope(signal);
  let ended: EndedBy | undefined;
  const end = (by: EndedBy) => {
    ended ??= by;
    waiting.close();
  };
  const { max_length: lengthS, silence_timeout: silenceS, finish_on_key: key = "" } = limits;
  if (lengthS !== undefined) {
    const timer = ports.clock.setTimer(lengthS * 1000, () => end("max_length"));
    waiting.onClose(() => timer.cancel());
  }
  if (silenceS !== undefined) {
    const meter = createSilenceMeter();
    const listen = ({ received }: { readonly received: Int16Array }) => meter.push(received) >= silenceS * 1000 && end("silence");
    const untap = leg.audio.tap(listen);
    waiting.onClose(untap);
  }
  if (key !== "") {
    const drain = () => {
      for (let digit = typed.take(); digit !== undefined; digit = typed.take()) if (digit === key) end("finish_on_key");
    };
    waiting.onClose(typed.onPress(drain));
    drain();
  }
  await aborted(waiting.signal);
  return ended;
}
