import type { Action } from "@piopiy/pcmo";
import { SAMPLE_RATE_HZ, sourceOf } from "../audio/index.ts";
import { aborted, channels, PiopiyError, scope, sleep, type Clock } from "../base/index.ts";
import type { Stream, StreamEnd, StreamLine, StreamPort } from "../interpreter/index.ts";

/** What a simulated bot does, so long after its socket was opened. */
export type SimBotStep = { readonly atMs: number } & (
  /** Says something for so many ms, after what it has said. */
  | { readonly say: number }
  /** Throws away what it has said and nobody has heard. */
  | { readonly clear: true }
  | { readonly flow: readonly Action[] }
  | { readonly close: true }
);

export type SimBot =
  | { readonly fails: "stream_failed" | "fetch_refused"; readonly afterMs?: number }
  /** Takes the connection after `afterMs` (50 unless given). */
  | { readonly does: readonly SimBotStep[]; readonly afterMs?: number };

/** By URL; an unknown one cannot be connected to. */
export type SimBots = Readonly<Record<string, SimBot>>;

const CONNECT_MS = 50;

/** Bots without a network, who do what their script says. */
export function simStreams(clock: Clock, bots: SimBots): StreamPort {
  return {
    async open({ url }, line, signal) {
      const bot = bots[url] ?? { fails: "stream_failed" };
      await sleep(clock, bot.afterMs ?? CONNECT_MS, signal);
      if ("fails" in bot) throw new PiopiyError(bot.fails);
      return follow(bot.does, line, clock, signal);
    },
  };
}

function follow(steps: readonly SimBotStep[], line: StreamLine, clock: Clock, signal: AbortSignal): Stream {
  const life = scope(signal);
  let [receivedMs, playedMs, speech] = [0, 0, scope(signal)];
  const said: Promise<void>[] = [];
  const say = async (durationMs: number) => {
    receivedMs += durationMs;
    const samples = new Int16Array(Math.round((durationMs * SAMPLE_RATE_HZ) / 1000));
    const { heardMs } = await line.play(sourceOf(samples, "stream"), speech.signal);
    playedMs += heardMs;
  };
  const act = (step: SimBotStep) => {
    if ("say" in step) said.push(say(step.say));
    else if ("flow" in step) line.perform(step.flow);
    else if ("close" in step) life.close("bot");
    else {
      speech.close();
      speech = scope(signal);
    }
  };
  for (const step of steps) {
    const timer = clock.setTimer(step.atMs, () => act(step));
    life.onClose(() => timer.cancel());
  }
  const finish = async (): Promise<StreamEnd> => {
    await aborted(life.signal);
    await Promise.all(said);
    const by = signal.aborted ? "us" : "bot";
    return { by, code: 1000, reason: "", totals: { sentMs: 0, unsentMs: 0, receivedMs, playedMs, droppedMs: 0 } };
  };
  return { ended: finish().catch(lost) };
}

/** A script that cannot be played is the test's mistake. */
function lost(failure: unknown): never {
  channels.failure.publish({ layer: "simulator", failure });
  throw failure;
}
