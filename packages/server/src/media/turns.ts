import { betterTurn, type TurnPlace } from "./better-turn.ts";
import type { CoreSession } from "./core-session.ts";
import { createScheduler, GROUPS, type Scheduler } from "./scheduler.ts";

/** Who has turns, and where. */
export interface Taker {
  readonly session: CoreSession;
  place: TurnPlace | undefined;
}

/** A deadline missed by more than this is told, at most once a second. */
const LATE_MS = 20;
const TELL_LATE_EVERY_MS = 1000;
/** So many sessions may have their turn together, whatever their share. */
const CROWD = 20;

/** The turns of the sessions of a thread: every 20 ms, in a few groups. */
export class Turns {
  readonly #monotonicMs: () => number;
  readonly #late: (lateMs: number) => void;
  readonly #groups: CoreSession[][] = Array.from({ length: GROUPS }, () => []);
  #scheduler: Scheduler | undefined;
  #lateToldMs = -Infinity;
  /** The sockets have been read since: what came before has been taken. After a stall that is some time ago. */
  #readMs = -Infinity;

  /** `late`: turns were missed by that. */
  constructor(monotonicMs: () => number, late: (lateMs: number) => void) {
    this.#monotonicMs = monotonicMs;
    this.#late = late;
  }

  /** When the next one is due; undefined while nobody has any. */
  get nextMs(): number | undefined {
    return this.#scheduler?.nextMs;
  }

  step(nowMs: number): void {
    this.#scheduler?.step(nowMs);
    this.#readMs = nowMs;
  }

  /** Gives a session its turns: where `near` has them, if it is to be joined with that. */
  begin(taker: Taker, near: Taker | undefined): void {
    if (taker.place) return;
    this.#scheduler ??= createScheduler(this.#monotonicMs(), {
      run: (group, dueMs) => this.#run(group, dueMs),
      skip: (frames, lateMs) => this.#skip(frames, lateMs),
    });
    this.#move(taker, { group: near?.place?.group ?? this.#smallestGroup(this.#scheduler.nextGroup), aheadSlots: 0 });
  }

  /** Lets the turns of a session, one of so many, suit what has just begun to come for it. */
  align(taker: Taker, sessions: number, nowMs: number): void {
    const scheduler = this.#scheduler;
    if (!taker.place || !scheduler) return;
    const place = betterTurn(taker.place, scheduler.nextGroup, scheduler.nextMs, nowMs);
    // A turn with far more than its share would make all its packets late.
    if (place && (this.#groups[place.group]?.length ?? 0) < CROWD + sessions / 2) this.#move(taker, place);
  }

  end(taker: Taker): void {
    this.#move(taker, undefined);
    if (this.#groups.every((sessions) => sessions.length === 0)) this.#scheduler = undefined;
  }

  #move(taker: Taker, place: TurnPlace | undefined): void {
    const { session } = taker;
    const before = taker.place?.group;
    taker.place = place;
    // New arrays: the group may be in the midst of its turn.
    if (before !== undefined) this.#groups[before] = this.#groups[before]?.filter((member) => member !== session) ?? [];
    if (place) this.#groups[place.group] = [...(this.#groups[place.group] ?? []), session];
  }

  /** The smallest group; of equally small ones, the one whose turn comes first. */
  #smallestGroup(next: number): number {
    const order = Array.from({ length: GROUPS }, (_, index) => (next + index) % GROUPS);
    const size = (group: number) => this.#groups[group]?.length ?? 0;
    return order.reduce((best, group) => (size(group) < size(best) ? group : best));
  }

  #run(group: number, dueMs: number): void {
    const sessions = this.#groups[group] ?? [];
    const nowMs = this.#monotonicMs();
    if (nowMs - dueMs > LATE_MS) this.#tellLate(nowMs - dueMs, nowMs);
    // All receive before any sends: sessions that are joined hear each other in the same turn.
    for (const session of sessions) session.receive(nowMs, this.#readMs);
    for (const session of sessions) {
      session.send(nowMs);
      const behindMs = this.#monotonicMs() - dueMs;
      if (behindMs > session.counters.latestSendMs) session.counters.latestSendMs = behindMs;
    }
  }

  #skip(frames: number, lateMs: number): void {
    this.#tellLate(lateMs, this.#monotonicMs());
    for (const group of this.#groups) {
      for (const session of group) {
        session.skip(frames);
        if (lateMs > session.counters.latestSendMs) session.counters.latestSendMs = lateMs;
      }
    }
  }

  #tellLate(lateMs: number, nowMs: number): void {
    if (nowMs - this.#lateToldMs < TELL_LATE_EVERY_MS) return;
    this.#lateToldMs = nowMs;
    this.#late(lateMs);
  }
}
