import type { Clock } from "../base/clock.ts";
import { PiopiyValidationError } from "../errors.ts";
import { createHead, type Head } from "./head.ts";
import { unheard, type Heard } from "./speaker.ts";
import { deferred, whenAborted } from "./turns.ts";

/** Something that is played, until it is known what became of it. */
export interface Utterance {
  readonly id: number;
  /** Aborts when nothing more of it is to be sent. */
  readonly stop: AbortSignal;
  readonly head: Head;
  readonly result: Promise<Heard>;
  /** Audio of it was sent. */
  begun: boolean;
  /** The credit's position when its last audio was sent. */
  endedAt: number;
  /** All of it was sent. */
  said: boolean;
  /** How long it is, is known to the sample: it is no file that the server decodes. */
  measured: boolean;
  /** Live audio that came while there was no connection. */
  lostMs: number;
  /** A connection was lost after some of it was sent: that may not have arrived. */
  risked: boolean;
  /** Nothing more of it is sent. */
  cut(): void;
  close(heard: Heard): void;
  fail(error: unknown): void;
}

/** The utterances of a stream that are open, in the order in which they begin. */
export interface Utterances {
  readonly open: ReadonlyMap<number, Utterance>;
  /** `aborted` is called once when `signal` aborts while it is open. Throws when the number was used already. */
  add(wanted: number | undefined, signal: AbortSignal | undefined, aborted: (utterance: Utterance) => void): Utterance;
  /** As far as the clock knows. */
  guess(utterance: Utterance): Heard;
}

/** The largest number of an utterance. */
export const largestUtterance = 0xffff_ffff;

export function createUtterances(clock: Clock, first: number, latencyMs = 0): Utterances {
  const open = new Map<number, Utterance>();
  const used = new Set<number>();
  let next = first;
  const idFor = (wanted: number | undefined): number => {
    while (wanted === undefined && used.has(next)) next += 1;
    const id = wanted ?? next;
    if (used.has(id)) {
      throw new PiopiyValidationError("options.utterance", "options.utterance was used on this stream already: a number stands for one utterance.");
    }
    used.add(id);
    return id;
  };
  return {
    open,
    add(wanted, signal, aborted) {
      const id = idFor(wanted);
      const stop = new AbortController();
      const { promise, resolve, reject } = deferred<Heard>();
      const leave = (): boolean => {
        stop.abort();
        release();
        return open.delete(id);
      };
      const utterance: Utterance = {
        id, stop: stop.signal, result: promise, head: createHead(clock, latencyMs), begun: false, said: false, measured: true, endedAt: 0, lostMs: 0, risked: false,
        cut: () => stop.abort(),
        close(heard) {
          if (leave()) resolve({ ...heard, droppedMs: heard.droppedMs + utterance.lostMs, complete: heard.complete && utterance.lostMs === 0 });
        },
        fail(error) {
          if (leave()) reject(error);
        },
      };
      let release = () => {};
      open.set(id, utterance);
      release = whenAborted(signal, () => aborted(utterance));
      return utterance;
    },
    guess({ id, begun, head }) {
      return begun ? { ...unheard(id), heardMs: head.heardMs, underrunMs: head.underrunMs, exact: false } : unheard(id);
    },
  };
}
