import { aborted, scope } from "../base/index.ts";
import { ANSWERED_ELSEWHERE } from "../call/index.ts";
import { dial, type Answer, type Attempt, type Dialling } from "./dial.ts";
import { ringbackOn, type Ringback } from "./ringback.ts";
import type { Stage } from "./verb.ts";

/** What came of dialling all destinations, `loop` times over. */
export interface Dialled {
  /** Who answered first. */
  readonly answer?: Answer;
  /** In the order in which they ended; complete once `settled` resolves. */
  readonly attempts: readonly Attempt[];
  /** Resolves when no attempt is under way any more: the losers of a group are still being cancelled. */
  readonly settled: Promise<unknown>;
}

type DialIndex = (destination: number, round: number, signal: AbortSignal) => Promise<Answer | undefined>;

/** Dials until somebody answers or nobody is left; stops early, without an answer, when the flow's signal aborts. */
export async function dialRounds(action: Dialling, stage: Stage): Promise<Dialled> {
  const attempts: Attempt[] = [];
  const ringback = ringbackOn(stage);
  const dialIndex: DialIndex = async (destination, round, signal) => {
    const heard = ringback.attempt();
    const attempt = await dial(action, round, destination, heard, stage, signal);
    if ("leg" in attempt) return attempt;
    heard.over();
    attempts.push(attempt);
    return undefined;
  };
  const dialRound = action.ring_type === "group" ? together : inSequence;
  let settled: Promise<unknown> = Promise.resolve();
  for (let round = 1; round <= action.loop && !stage.signal.aborted; round++) {
    const result = await dialRound(action.connect.length, round, dialIndex, ringback, stage.signal);
    settled = result.settled;
    if (result.answer) return { answer: result.answer, attempts, settled };
    await settled;
  }
  return { attempts, settled };
}

interface Round {
  readonly answer?: Answer;
  readonly settled: Promise<unknown>;
}

async function inSequence(
  count: number, round: number, dialIndex: DialIndex, ringback: Ringback, signal: AbortSignal,
): Promise<Round> {
  const settled = Promise.resolve();
  for (let destination = 0; destination < count && !signal.aborted; destination++) {
    const answer = await dialIndex(destination, round, signal);
    await ringback.stop();
    if (answer) return { answer, settled };
  }
  return { settled };
}

async function together(
  count: number, round: number, dialIndex: DialIndex, ringback: Ringback, signal: AbortSignal,
): Promise<Round> {
  using race = scope(signal);
  let first: Answer | undefined;
  const dials = Array.from({ length: count }, async (_, destination) => {
    const answer = await dialIndex(destination, round, race.signal);
    if (!answer) return;
    first = answer;
    // From here on whoever answers is hung up by `dial`: there is one winner.
    race.close(ANSWERED_ELSEWHERE);
  });
  const settled = Promise.all(dials);
  await Promise.race([settled, aborted(race.signal)]);
  await ringback.stop();
  return first ? { answer: first, settled } : { settled };
}
