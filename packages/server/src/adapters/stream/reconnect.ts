import { sleep, type Clock, type Ids } from "../../base/index.ts";

export interface Reconnecting<T> {
  readonly clock: Clock;
  readonly ids: Ids;
  /** For how long it is tried. */
  readonly windowMs: number;
  /** Where: by turns, the first one first. */
  readonly urls: readonly string[];
  readonly connect: (url: string, timeoutMs: number) => Promise<T>;
  /** Told how long it takes to the first attempt, before it begins. */
  readonly waiting: (waitMs: number) => void;
}

export interface Reconnected<T> {
  /** Absent: it could not be connected to in time, or `signal` has aborted. */
  readonly connected?: T;
  readonly attempts: number;
  readonly awayMs: number;
}

const FIRST_WAIT_MS = 100;
const LONGEST_WAIT_MS = 2000;
/** One attempt shall not use up the time of all: a bot that is well answers sooner. */
const ATTEMPT_MS = 3000;

/** Connects again, after 100 ms, then after waits that double up to 2 s. Never rejects. */
export async function reconnect<T>(parts: Reconnecting<T>, signal: AbortSignal): Promise<Reconnected<T>> {
  const { clock, ids, windowMs, urls, connect, waiting } = parts;
  const startMs = clock.monotonicMs();
  const awayMs = () => Math.round(clock.monotonicMs() - startMs);
  let [attempts, waitMs] = [0, waitOf(0, ids)];
  waiting(waitMs);
  while (awayMs() + waitMs < windowMs && !signal.aborted) {
    await sleep(clock, waitMs, signal).catch(() => undefined);
    if (signal.aborted) break;
    attempts += 1;
    const url = urls[(attempts - 1) % urls.length] ?? "";
    try {
      const connected = await connect(url, Math.min(ATTEMPT_MS, windowMs - awayMs()));
      return { connected, attempts, awayMs: awayMs() };
    } catch {
      // Why is told when the stream is lost for good; the next attempt is the answer.
      waitMs = waitOf(attempts, ids);
    }
  }
  return { attempts, awayMs: awayMs() };
}

/** A quarter more or less than its turn: the calls of a bot that comes back do not all dial at the same moment. */
function waitOf(attempts: number, ids: Ids): number {
  const waitMs = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** attempts);
  return Math.round(waitMs * 0.75 + ids.integer(Math.round(waitMs / 2) + 1));
}
