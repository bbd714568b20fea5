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
  /** `code`: 1000 unless given. */
  | { readonly close: true; readonly code?: number }
  /** The connection is lost; it is open again after so many ms, or never, when it is not said or not in time. */
  | { readonly lose: true; readonly backAfterMs?: number }
);

export type SimBot =
  | { readonly fails: "stream_failed" | "fetch_refused"; readonly afterMs?: number }
  /** Takes the connection after `afterMs` (50 unless given). */
  | { readonly does: readonly SimBotStep[]; readonly afterMs?: number };

/** By URL; an unknown one cannot be connected to. */
export type SimBots = Readonly<Record<string, SimBot>>;

const CONNECT_MS = 50;
const WAIT_MS = 100;
const V1_RECONNECT_MS = 30_000;

/** Bots without a network, who do what their script says. */
export function simStreams(clock: Clock, bots: SimBots): StreamPort {
  return {
    async open({ url, standbyUrl, speaks, reconnectMs = speaks === "v1" ? V1_RECONNECT_MS : 0 }, line, signal) {
      const taken = (await connected(url)) ?? (standbyUrl === undefined ? undefined : await connected(standbyUrl));
      if (taken) return follow(taken, { line, clock, reconnectMs }, signal);
      const bot = bots[url];
      throw new PiopiyError(bot && "fails" in bot ? bot.fails : "stream_failed");

      async function connected(to: string): Promise<readonly SimBotStep[] | undefined> {
        const bot = bots[to];
        await sleep(clock, bot?.afterMs ?? CONNECT_MS, signal);
        return bot && "does" in bot ? bot.does : undefined;
      }
    },
  };
}

interface Followed {
  readonly line: StreamLine;
  readonly clock: Clock;
  readonly reconnectMs: number;
}

type Ending = Pick<StreamEnd, "by" | "code" | "reason">;

function follow(steps: readonly SimBotStep[], { line, clock, reconnectMs }: Followed, signal: AbortSignal): Stream {
  const life = scope(signal);
  let ending: Ending | undefined;
  const end = (how: Ending) => {
    ending ??= how;
    life.close();
  };
  let [receivedMs, playedMs, speech] = [0, 0, scope(signal)];
  const said: Promise<void>[] = [];
  const say = async (durationMs: number) => {
    receivedMs += durationMs;
    const samples = new Int16Array(Math.round((durationMs * SAMPLE_RATE_HZ) / 1000));
    const { heardMs } = await line.play(sourceOf(samples, "stream"), speech.signal);
    playedMs += heardMs;
  };
  const lose = async (backAfterMs: number) => {
    const lost: Ending = { by: "network", code: 1006, reason: "" };
    if (reconnectMs === 0) return end(lost);
    line.connection({ type: "lost", ...lost, waitMs: Math.min(WAIT_MS, backAfterMs) });
    const awayMs = Math.min(backAfterMs, reconnectMs);
    await sleep(clock, awayMs, life.signal).catch(() => undefined);
    const back = backAfterMs < reconnectMs && !life.signal.aborted;
    line.connection({ type: back ? "resumed" : "gone", attempts: 1, awayMs });
    return back ? undefined : end(lost);
  };
  const act = (step: SimBotStep) => {
    if ("say" in step) said.push(say(step.say));
    else if ("flow" in step) line.perform(step.flow);
    else if ("close" in step) end({ by: "bot", code: step.code ?? 1000, reason: "" });
    else if ("lose" in step) life.run(() => lose(step.backAfterMs ?? Number.POSITIVE_INFINITY));
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
    const how: Ending = ending ?? { by: "us", code: 1000, reason: "" };
    return { ...how, totals: { sentMs: 0, unsentMs: 0, receivedMs, playedMs, droppedMs: 0 } };
  };
  return { ended: finish().catch(broken) };
}

/** A script that cannot be played is the test's mistake. */
function broken(failure: unknown): never {
  channels.failure.publish({ layer: "simulator", failure });
  throw failure;
}
