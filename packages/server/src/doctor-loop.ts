import { audible, dominantTone, FRAME_SAMPLES } from "./audio/index.ts";
import { abortable, messageOf, scope, sleep, type Clock, type Ids } from "./base/index.ts";
import type { Config } from "./config/index.ts";
import { judgeAudio, judgeSpeech, type AudioFacts, type Check } from "./doctor/index.ts";
import { phoneNumber, startOwnLoop, type OwnLoop } from "./own-loop.ts";
import type { PhoneCall } from "./phone/index.ts";

/** Longer than any of it takes on a machine that works. */
const LIMIT_MS = 15_000;
const LISTEN_MS = 2000;
/** Not each other's overtones. */
const TONES = [620, 1000] as const;
const BRIDGE = "1000";

/** Lets two phones hear each other through a server of our own, and one hear a sentence; `onReady`: from now on nothing is being started. */
export async function listenInLoop({ speech }: Pick<Config, "speech">, clock: Clock, ids: Ids, onReady: () => void = () => undefined): Promise<readonly Check[]> {
  let loop: OwnLoop;
  try {
    const pcmo = [{ action: "bridge", connect: [{ type: "pstn", number: phoneNumber(1) }] }];
    loop = await startOwnLoop({ clock, ids, phones: 2, speech, numbers: [{ number: BRIDGE, pcmo }] });
  } catch (failure) {
    return [judgeAudio({ why: messageOf(failure) })];
  }
  onReady();
  try {
    const audio = await within(clock, (signal) => hearEachOther(loop, clock, signal)).catch((failure: unknown) => ({ why: whyOf(failure) }));
    const spoken = await within(clock, (signal) => hearSpeech(loop, signal)).catch((failure: unknown) => ({ why: whyOf(failure) }));
    return [judgeAudio(audio), judgeSpeech("why" in spoken ? spoken : { ...spoken, provider: speech.provider })];
  } finally {
    await loop.close();
  }
}

async function hearEachOther({ phones: [caller, called], phoneEngine }: OwnLoop, clock: Clock, signal: AbortSignal): Promise<AudioFacts> {
  if (!caller || !called) throw new Error("there are no phones");
  const startedMs = clock.monotonicMs();
  const picksUp = called.nextCall();
  const ours = await abortable(caller.call(BRIDGE, { signal }), signal);
  const theirs = await abortable(picksUp, signal);
  ours.sendTone(TONES[0]);
  theirs.sendTone(TONES[1]);
  await abortable(Promise.all([theirs.hears(TONES[0], 40), ours.hears(TONES[1], 40)]), signal);
  const setUpMs = clock.monotonicMs() - startedMs;
  const from = [theirs.heard().samples.length, ours.heard().samples.length] as const;
  await sleep(clock, LISTEN_MS, signal);
  const heard = [shareOf(theirs, TONES[0], from[0]), shareOf(ours, TONES[1], from[1])] as const;
  const { packetsLost, latestSendMs } = await phoneEngine.statistics();
  await Promise.all([ours.hangup(), theirs.ended]);
  return { heard, packetsLost, latestSendMs, setUpMs };
}

/** Of what was heard since, how much was that tone alone. */
function shareOf(call: PhoneCall, frequencyHz: number, from: number): number {
  const frames = framesOf(call.heard().samples.subarray(from));
  return frames.filter((frame) => dominantTone(frame, [frequencyHz]) === frequencyHz).length / Math.max(1, frames.length);
}

async function hearSpeech(loop: OwnLoop, signal: AbortSignal): Promise<{ readonly audibleMs: number }> {
  const [phone] = loop.phones;
  if (!phone) throw new Error("there is no phone");
  const picksUp = phone.nextCall();
  await loop.call(phone.username, [{ action: "speak", text: "This is how your calls will sound." }, { action: "hangup" }]);
  const heard = await abortable(picksUp, signal);
  await abortable(heard.ended, signal);
  return { audibleMs: framesOf(heard.heard().samples).filter((frame) => audible(frame)).length * 20 };
}

const framesOf = (samples: Int16Array): readonly Int16Array[] =>
  Array.from({ length: Math.floor(samples.length / FRAME_SAMPLES) }, (_, at) => samples.subarray(at * FRAME_SAMPLES, (at + 1) * FRAME_SAMPLES));

async function within<T>(clock: Clock, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  using limit = scope();
  const timer = clock.setTimer(LIMIT_MS, () => limit.close(new Error("nothing was heard in time")));
  limit.onClose(() => timer.cancel());
  return await work(limit.signal);
}

/** Of a call that was not answered, its cause. */
function whyOf(failure: unknown): string {
  const { cause } = Object(failure) satisfies { readonly cause?: { readonly reason?: unknown } };
  return typeof cause === "object" && cause !== null && "reason" in cause ? String(cause.reason) : messageOf(failure);
}
