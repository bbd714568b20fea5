import { FRAME_SAMPLES, SAMPLE_RATE_HZ, type Live } from "../audio/index.ts";

/** The delay is judged by the least that lay ready in a second: chunks and jitter move everything above it. */
const WINDOW_TURNS = 50;
/** What a clock that is a little too fast adds in a window, at most: six percent. More is a lead that the sender wants. */
const SLOW_GROWTH = (SAMPLE_RATE_HZ * 6) / 100;
/** After a short stall all that is late is made up for; after a longer one, if all that it held back comes at once. */
const SHORT_STALL = SAMPLE_RATE_HZ / 5;
/** Nothing is done about less. */
const TOLERANCE = SAMPLE_RATE_HZ / 100;
/** So much more is left as a reserve while something comes too late again and again: twice within so many windows. */
const RESERVE = FRAME_SAMPLES;
const RESERVE_WINDOWS = 10;
/** A lead shrinks when it has been smaller for so many windows. */
const REMEMBERED = 5;
/** A stall may come in parts; what flows for longer than this between two of them parts them. */
const FLOW_TURNS = 25;
/** The debt of a stall is forgotten after so many windows: what was late has come by then. */
const DEBT_WINDOWS = 3;

/** A likely feed that begins with a lead of up to this much may only have been held up before it began. */
const HELD_UP = (SAMPLE_RATE_HZ * 2) / 5;

const URGENT = SAMPLE_RATE_HZ / 25;
const VERY_URGENT = SAMPLE_RATE_HZ / 5;

/**
 * Watches how much of a live feed lies ready, and says what is to be left out of it. Two things let the delay grow,
 * and are made up for: a stall, during which time passed without samples that came later; and a clock that is up to
 * about 5 % faster than ours. A sender that speaks ahead on purpose, from the start or in leaps, keeps its lead; what is
 * surely live has none from the start, and a small one of what is only likely so is given up where nobody hears it, until
 * that proves to have been of use.
 *
 * ```
 * least that lay ready in a window:
 *   20 20 20 21 22 23 …      slow growth: left out
 *   20 [300 missed] 320 320  what a stall held back: left out
 *   20 20 5000 4000 3000     a leap: a lead on purpose, learned
 * ```
 */
export class LiveDelay {
  readonly #live: Live;
  #turns = 0;
  /** Turns since something was missing. */
  #flow = 0;
  #least = Infinity;
  /** The least of the windows before, the newest last. */
  #levels: number[] = [];
  /** What lies ready on purpose; undefined: not learned yet. */
  #lead: number | undefined;
  /** Samples left out since the last window ended. */
  #leftOut = 0;
  /** Samples that time has gone on without. */
  #debt = 0;
  #debtWindows = 0;
  /** Windows since the last stall, and whether the one before it was not long before. */
  #calmWindows = RESERVE_WINDOWS;
  #unsteady = false;
  #owed = 0;
  /** What is owed is a part of the lead. */
  #gently = false;
  /** What of the lead it began with may have come about by chance; and how much of that was given up. */
  #chance = 0;
  #givenUp = 0;
  #sincePiece = 0;
  #missing = false;

  constructor(live: Live) {
    this.#live = live;
  }

  /** What is too much now. */
  get owed(): number {
    return this.#owed;
  }

  /** So much time went on without anything of it: frames were due and not there, or we stalled and did not look. */
  missed(frames: number): void {
    // It ran dry after it had flowed for a while: what was late before that has been heard.
    if (this.#flow >= FLOW_TURNS) this.#debt = 0;
    this.#flow = 0;
    this.#debt += frames * FRAME_SAMPLES;
    this.#missing = true;
    this.#owed = 0;
  }

  /** A turn with something to play: so many samples lie ready. */
  turn(ready: number): void {
    if (this.#missing) this.#resume();
    this.#sincePiece += 1;
    this.#flow += 1;
    this.#least = Math.min(this.#least, ready);
    if (++this.#turns === WINDOW_TURNS) this.#judge();
  }

  /** Whether a piece is to be left out even where it may be heard a little; otherwise only where it is not. */
  get urgent(): boolean {
    if (this.#gently) return false;
    if (this.#owed >= VERY_URGENT) return this.#sincePiece >= 2;
    return this.#sincePiece >= (this.#owed >= URGENT ? 4 : 25);
  }

  /** So many samples were left out. */
  leftOut(samples: number): void {
    this.#owed -= samples;
    this.#leftOut += samples;
    this.#sincePiece = 0;
    if (!this.#gently || this.#lead === undefined) return;
    this.#lead -= samples;
    this.#chance -= samples;
    this.#givenUp += samples;
  }

  /** What lies ready says nothing any more: it was paused. Everything is learned anew. */
  forget(): void {
    this.#levels = [];
    this.#lead = undefined;
    this.#debt = this.#debtWindows = 0;
    this.#calmWindows = RESERVE_WINDOWS;
    this.#unsteady = false;
    this.#missing = false;
    this.#chance = this.#givenUp = 0;
    this.#begin();
  }

  /** It goes on after a stall: a window tells only of one side of it. */
  #resume(): void {
    this.#missing = false;
    this.#debtWindows = DEBT_WINDOWS;
    this.#unsteady = this.#calmWindows < RESERVE_WINDOWS;
    this.#calmWindows = 0;
    this.#takeBack();
    this.#begin();
  }

  /** A lead that was given up would have been of use. */
  #takeBack(): void {
    if (this.#givenUp === 0 || this.#lead === undefined) return;
    this.#lead += this.#givenUp;
    this.#givenUp = this.#chance = 0;
  }

  #begin(): void {
    this.#turns = this.#leftOut = this.#owed = 0;
    this.#gently = false;
    this.#least = Infinity;
  }

  #judge(): void {
    const level = this.#least;
    const before = this.#levels.at(-1);
    this.#levels = [...this.#levels.slice(1 - REMEMBERED), level];
    if (this.#lead === undefined || before === undefined) this.#lead = this.#firstLead(level);
    else {
      const growth = level + this.#leftOut - before;
      if (!this.#unwanted(growth)) {
        this.#lead += growth;
        this.#chance = 0;
      }
      this.#lead = Math.min(this.#lead, Math.max(...this.#levels));
    }
    if (--this.#debtWindows <= 0) this.#debt = 0;
    if (++this.#calmWindows >= RESERVE_WINDOWS) this.#unsteady = false;
    this.#begin();
    // A window tells the least it held, of which the turns since may have used up something: two in a row are sure.
    const excess = Math.min(level, before ?? level) - this.#lead;
    const reserve = TOLERANCE + (this.#unsteady ? RESERVE : 0);
    this.#gently = excess <= reserve;
    const spare = this.#gently && before !== undefined ? Math.min(this.#chance, level - FRAME_SAMPLES) : excess;
    if (spare > reserve) this.#owed = spare;
  }

  /** What lay ready in the first window, without what came late in it. */
  #firstLead(level: number): number {
    const lead = this.#live === "surely" ? FRAME_SAMPLES : Math.max(FRAME_SAMPLES, level - this.#debt);
    this.#chance = lead - FRAME_SAMPLES <= HELD_UP ? lead - FRAME_SAMPLES : 0;
    return lead;
  }

  /** Nobody who speaks ahead on purpose grows like this. */
  #unwanted(growth: number): boolean {
    if (growth <= SLOW_GROWTH) return true;
    if (this.#debt <= SHORT_STALL) return growth <= this.#debt + SLOW_GROWTH;
    return Math.abs(growth - this.#debt) <= SLOW_GROWTH;
  }
}
