import { setRepeating, type Clock, type Timer } from "../base/index.ts";

/** How often a thread shows that it is alive, and how often that is looked at. */
export const BEAT_MS = 250;
const CHECK_MS = 500;
/** So many looks in a row, each in time, without a beat: the thread hangs. Two seconds. */
const MISSED = 4;
/** A look that is later than this was held up itself: it says nothing of the thread. */
const LATE_MS = CHECK_MS / 2;

/** On the thread: counts its turns of the event loop in shared memory, without a message that would wake anybody. */
export function beat(clock: Clock, beats: Int32Array): Timer {
  return setRepeating(clock, BEAT_MS, () => void Atomics.add(beats, 0, 1));
}

/**
 * On the main thread: calls `hung` once when the beats stop for two seconds. A machine that has stood still, or has
 * had no time for this thread, raises no alarm: only looks that came in time count, on a clock that does not jump.
 */
export function watchBeats(clock: Clock, beats: Int32Array, hung: () => void): Timer {
  let seen = Atomics.load(beats, 0);
  let missed = 0;
  let lookedMs = clock.monotonicMs();
  const watch = setRepeating(clock, CHECK_MS, () => {
    const nowMs = clock.monotonicMs();
    const inTime = nowMs - lookedMs < CHECK_MS + LATE_MS;
    const beaten = Atomics.load(beats, 0);
    lookedMs = nowMs;
    missed = inTime && beaten === seen ? missed + 1 : 0;
    seen = beaten;
    if (missed < MISSED) return;
    watch.cancel();
    hung();
  });
  return watch;
}
