import { abortable, type Clock, PiopiyError, type Timer } from "../base/index.ts";

/** How many calls are begun: in a second, at one time, and how many wait for their turn (100 unless given). */
export interface Limits {
  readonly cps?: number | undefined;
  readonly concurrent?: number | undefined;
  readonly queue?: number | undefined;
}

/** A place among the calls that are begun. */
export interface Place {
  /** It has to wait; `turn` resolves when it need not any more. */
  readonly queued: boolean;
  /** Rejects with the signal's reason when `signal` aborts; the place is then given up. */
  turn(signal: AbortSignal): Promise<void>;
  /** The call is over, or was never begun. Idempotent. */
  leave: () => void;
}

/** Spaces calls out, by app and by trunk; first come, first served. */
export interface Pacing {
  /**
   * A place under the limits of these names. Fails with `TooManyCalls` when the queue is full, unless `always`.
   */
  enter(names: readonly string[], always?: boolean): Place;
  /** Calls that wait. */
  readonly waiting: number;
}

/** There is neither room for a call now nor a place to wait. */
export class TooManyCalls extends PiopiyError {
  /** When it is worth trying again. */
  readonly retryAfterS: number;

  constructor(code: "rate_limited" | "no_capacity", retryAfterS: number) {
    super(code);
    this.name = "TooManyCalls";
    this.retryAfterS = retryAfterS;
  }
}

interface Gate {
  readonly name: string;
  readonly limits: Limits;
  active: number;
  waiting: number;
  /** The earliest moment of the next start. */
  nextMs: number;
}

interface Entry {
  readonly gates: readonly Gate[];
  state: "waiting" | "inside" | "left";
  begin: () => void;
}

const QUEUE = 100;
/** What a full house asks for when nobody knows when a call will end. */
const FULL_RETRY_S = 5;

/** `limits` by name: `app:<appid>`, `trunk:<name>`. A name without limits is always open. */
export function createPacing(clock: Clock, limits: ReadonlyMap<string, Limits>): Pacing {
  const gates = new Map([...limits].map(([name, own]): [string, Gate] => [name, { name, limits: own, active: 0, waiting: 0, nextMs: 0 }]));
  const queue: Entry[] = [];
  let timer: Timer | undefined;

  const pump = () => {
    timer?.cancel();
    timer = undefined;
    const now = clock.monotonicMs();
    // One that has to wait for a gate keeps its place before all that come later to the same gate.
    for (const entry of queue.slice()) if (entry.gates.every((gate) => isOpen(gate, now))) begin(entry, now);
    const soonest = Math.min(...queue.map((entry) => opensMs(entry, now)));
    if (Number.isFinite(soonest)) timer = clock.setTimer(Math.max(0, soonest - now), pump);
  };
  const begin = (entry: Entry, now: number) => {
    remove(queue, entry);
    enterGates(entry, now);
    entry.begin();
  };
  const leave = (entry: Entry) => {
    if (entry.state === "waiting") remove(queue, entry);
    if (entry.state === "inside") for (const gate of entry.gates) gate.active -= 1;
    entry.state = "left";
    pump();
  };
  return {
    enter(names, always = false) {
      const own = names.flatMap((name) => gates.get(name) ?? []);
      const entry: Entry = { gates: own, state: "waiting", begin: () => undefined };
      const now = clock.monotonicMs();
      if (own.every((gate) => gate.waiting === 0 && isOpen(gate, now))) {
        enterGates(entry, now);
        return { queued: false, turn: () => Promise.resolve(), leave: () => leave(entry) };
      }
      const full = own.find((gate) => gate.waiting >= (gate.limits.queue ?? QUEUE));
      if (full && !always) throw refusal(full);
      const turn = new Promise<void>((resolve) => {
        entry.begin = resolve;
      });
      queue.push(entry);
      for (const gate of own) gate.waiting += 1;
      pump();
      return { queued: true, turn: (signal) => waitFor(turn, signal, () => leave(entry)), leave: () => leave(entry) };
    },
    get waiting() {
      return queue.length;
    },
  };
}

async function waitFor(turn: Promise<void>, signal: AbortSignal, giveUp: () => void): Promise<void> {
  try {
    await abortable(turn, signal);
  } catch (reason) {
    giveUp();
    throw reason;
  }
}

function enterGates(entry: Entry, now: number): void {
  entry.state = "inside";
  for (const gate of entry.gates) {
    gate.active += 1;
    if (gate.limits.cps !== undefined) gate.nextMs = Math.max(now, gate.nextMs) + 1000 / gate.limits.cps;
  }
}

function remove(queue: Entry[], entry: Entry): void {
  queue.splice(queue.indexOf(entry), 1);
  for (const gate of entry.gates) gate.waiting -= 1;
}

const hasRoom = ({ active, limits }: Gate): boolean => limits.concurrent === undefined || active < limits.concurrent;
const isOpen = (gate: Gate, now: number): boolean => hasRoom(gate) && gate.nextMs <= now;

/** When an entry may begin by the clock alone; never, while it waits for another call to end. */
function opensMs({ gates }: Entry, now: number): number {
  return gates.every(hasRoom) ? Math.max(now, ...gates.map(({ nextMs }) => nextMs)) : Infinity;
}

/** An app is told to slow down; a trunk that is full is the server's business. */
function refusal({ name, waiting, limits: { cps } }: Gate): TooManyCalls {
  const retryS = cps === undefined ? FULL_RETRY_S : Math.max(1, Math.ceil(waiting / cps));
  return new TooManyCalls(name.startsWith("app:") ? "rate_limited" : "no_capacity", retryS);
}
