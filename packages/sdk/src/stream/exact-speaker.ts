import type { Clock } from "../base/clock.ts";
import { lastFrame, sendSource, type AudioWay } from "./exact-audio.ts";
import { createClears } from "./exact-clears.ts";
import { createMarks } from "./exact-marks.ts";
import type { Source } from "./source.ts";
import { unheard, type Cleared, type Heard, type Speaker } from "./speaker.ts";
import { createTurns } from "./turns.ts";
import { createUtterances, type Utterance } from "./utterances.ts";
import type { Frame } from "./wire.ts";

export interface ExactSpeakerOptions extends AudioWay {
  readonly clock: Clock;
  /** The number of the first utterance. */
  readonly first: number;
}

/** A speaker whose truth the server tells. */
export interface ExactSpeaker extends Speaker {
  played(heard: Omit<Heard, "exact">): void;
  cleared(cleared: Cleared): void;
  marked(name: string): void;
  /** The connection is back: what may have got lost with the old one and is to be said again, before anything else. */
  again(): readonly Frame[];
}

export function createExactSpeaker(options: ExactSpeakerOptions): ExactSpeaker {
  const { clock, wire, credit, first } = options;
  const utterances = createUtterances(clock, first);
  const { open } = utterances;
  const turn = createTurns();
  const marks = createMarks(wire, turn);
  const clears = createClears(wire);
  const over = (utterance: Utterance, heard: Heard) => {
    credit.over(utterance.endedAt);
    utterance.close(heard);
  };

  return {
    say(source, { utterance: wanted, live, signal }) {
      const utterance = utterances.add(wanted, signal, (aborted) => {
        // What was heard of it is told by `played`, which comes before `cleared`.
        if (cut(aborted)) clears.send(aborted.id).then(() => undefined, () => undefined);
      });
      source.then(() => undefined, (error: unknown) => utterance.fail(error));
      turn(() => send(utterance, source, live, options)).then(() => undefined, (error: unknown) => {
        if (utterance.stop.aborted) return; // stopped while it waited: what became of it is told
        if (utterance.begun) wire.json({ type: "end", utterance: utterance.id });
        utterance.fail(error);
      });
      return utterance.result;
    },
    async clear(id) {
      const meant = [...open.values()].filter((utterance) => id === undefined || utterance.id === id);
      const unsent = meant.filter((utterance) => !cut(utterance)).map((utterance) => ({ utterance: utterance.id, heardMs: 0 }));
      const dropped = id === undefined ? marks.drop() : [];
      if (id !== undefined && meant.length === unsent.length) return { utterances: unsent, marks: dropped };
      const told = await clears.send(id);
      return { utterances: [...told.utterances, ...unsent], marks: [...told.marks, ...dropped] };
    },
    mark: (name) => marks.set(name),
    played(heard) {
      const utterance = open.get(heard.utterance);
      if (!utterance) return;
      for (const earlier of begunBefore(utterance, open.values())) over(earlier, utterances.guess(earlier));
      over(utterance, { ...arrived(utterance, heard), exact: true });
    },
    cleared(cleared) {
      for (const name of cleared.marks) marks.told(name, false);
      clears.told(cleared);
    },
    marked: (name) => marks.told(name, true),
    again() {
      const begun = [...open.values()].filter((utterance) => utterance.begun);
      for (const utterance of begun) utterance.risked = true;
      return [...clears.again(), ...begun.filter(({ said }) => said).map(lastFrame)];
    },
    over() {
      for (const utterance of open.values()) over(utterance, utterances.guess(utterance));
      clears.over();
      marks.over();
    },
  };
}

async function send(utterance: Utterance, source: Promise<Source>, live: boolean, options: ExactSpeakerOptions): Promise<void> {
  if (utterance.stop.aborted) return;
  await sendSource(utterance, await source, live, options);
  if (!utterance.begun) utterance.close({ ...unheard(utterance.id), complete: true });
}

/** Stops sending; false when nothing of it was sent, so that there is nothing to be cleared. */
function cut(utterance: Utterance): boolean {
  utterance.cut();
  if (!utterance.begun) utterance.close(unheard(utterance.id));
  return utterance.begun;
}

/** It is told what was heard in the order in which utterances began: of these it should have been told, and got lost. */
function begunBefore(utterance: Utterance, all: Iterable<Utterance>): readonly Utterance[] {
  const list = [...all];
  return list.slice(0, list.indexOf(utterance)).filter(({ begun }) => begun);
}

/** What was heard is told of what has arrived: audio that got lost with a connection was not. */
function arrived({ risked, head, measured }: Utterance, heard: Omit<Heard, "exact">): Omit<Heard, "exact"> {
  if (!risked || !heard.complete) return heard;
  if (!measured) return { ...heard, complete: heard.heardMs > 0 };
  const lostMs = Math.round(head.sentMs - heard.heardMs - heard.skippedMs - heard.droppedMs);
  return lostMs > 1 ? { ...heard, complete: false, droppedMs: heard.droppedMs + lostMs } : heard;
}
