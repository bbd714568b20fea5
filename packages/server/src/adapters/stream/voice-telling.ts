import type { Played, StreamEvent } from "./dialect.ts";

/** What is to be told of one utterance. */
export interface Turn {
  readonly utterance: number | undefined;
  /** Told in its turn: once everything of the utterances before it was. */
  tell(event: StreamEvent): void;
  /** It is over. `marks` stand at its end, or were cleared with it. `cut`: by the end of the call, not by the bot. */
  over(played: Played, marks: readonly TurnMark[], cut: boolean): void;
}

export interface TurnMark {
  readonly name: string;
  /** Absent: cleared, and never reached. */
  readonly reached: boolean;
  /** Set after the utterance was thrown away: told behind that. */
  readonly late: boolean;
}

interface Entry {
  readonly utterance: number | undefined;
  readonly held: StreamEvent[];
  ended: { readonly played: Played; readonly marks: readonly TurnMark[]; readonly cut: boolean } | undefined;
  told: boolean;
}

/** Clears that wait for what is heard before; those of something are bounded by the utterances. */
const MAXIMUM_CLEARS = 500;

/**
 * Brings what is told of the bot's utterances into the order of the protocol: of one after the other, as they began,
 * although a later one may be over first because it was thrown away.
 */
export class VoiceTelling {
  readonly #tell: (event: StreamEvent) => void;
  readonly #turns: Entry[] = [];
  readonly #entryOf = new Map<Turn, Entry>();
  readonly #clears: (readonly Entry[])[] = [];
  /** Something was not heard to its end: no mark behind it is reached any more. */
  #cut = false;

  constructor(tell: (event: StreamEvent) => void) {
    this.#tell = tell;
  }

  begin(utterance: number | undefined): Turn {
    const entry: Entry = { utterance, held: [], ended: undefined, told: false };
    this.#turns.push(entry);
    const turn: Turn = {
      utterance,
      tell: (event) => {
        if (this.#turns[0] === entry) this.#tell(event);
        else entry.held.push(event);
      },
      over: (played, marks, cut) => {
        this.#entryOf.delete(turn);
        entry.ended = { played, marks, cut };
        this.#go();
      },
    };
    this.#entryOf.set(turn, entry);
    return turn;
  }

  /**
   * These were thrown away: told once all of them were told to be over, and after the clears before. False: too many
   * wait for that already, and this one, of nothing, is not told.
   */
  cleared(turns: readonly Turn[]): boolean {
    if (turns.length === 0 && this.#clears.length >= MAXIMUM_CLEARS) return false;
    this.#clears.push(turns.flatMap((turn) => this.#entryOf.get(turn) ?? []));
    this.#tellCleared();
    return true;
  }

  #go(): void {
    for (let head = this.#turns[0]; head; head = this.#turns[0]) {
      for (const event of head.held.splice(0)) this.#tell(event.type === "mark" ? { ...event, reached: event.reached && !this.#cut } : event);
      if (!head.ended) return;
      this.#turns.shift();
      const { utterance, ended: { played, marks, cut } } = head;
      this.#cut ||= cut;
      head.told = true;
      this.#tell({ type: "played", utterance, ...played });
      this.#tellMarks(marks.filter(({ late }) => !late));
      this.#tellCleared();
      this.#tellMarks(marks.filter(({ late }) => late));
    }
  }

  #tellMarks(marks: readonly TurnMark[]): void {
    for (const { name, reached } of marks) this.#tell({ type: "mark", name, reached: reached && !this.#cut });
  }

  #tellCleared(): void {
    for (let first = this.#clears[0]; first?.every(({ told }) => told); first = this.#clears[0]) {
      this.#clears.shift();
      const ends = first.flatMap(({ utterance, ended }) => (ended ? [{ utterance, ...ended }] : []));
      this.#tell({
        type: "cleared",
        utterances: ends.map(({ utterance, played: { heardMs } }) => ({ utterance, heardMs })),
        marks: ends.flatMap(({ marks }) => marks.flatMap(({ name, reached }) => (reached ? [] : [name]))),
      });
    }
  }
}
