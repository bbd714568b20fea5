import { FRAME_SAMPLES } from "../audio/index.ts";

/** How many missing frames in a row are made up before there is silence. */
const CONCEALED_FRAMES = 3;
/** What is known of what was heard last: three frames, room for the search. */
const HISTORY = 3 * FRAME_SAMPLES;
/** What came last is looked for again further back: 10 ms of it, 5 to 30 ms back: one wave of any voice, many of a key. */
const TEMPLATE = 80;
const SHORTEST_LAG = 40;
const LONGEST_LAG = 240;
/** What is made up fades into what comes then: 5 ms. */
const BLEND = 40;

/** Shared by all: used within one call only. */
const history = new Int16Array(HISTORY);

/**
 * What is not there goes on as what was heard before: its last wave again and again, to half its level within each
 * frame, three frames long; then there is silence. Waves join without a jump, so that tones and keys stay what they are.
 */
export class Concealment {
  /** The newest frames in a circle; `#next` is the oldest. Absent: nothing was heard; that is so for most sessions. */
  #kept: Int16Array | undefined;
  #next = 0;
  #missing = CONCEALED_FRAMES;
  /** What was heard last was made up: of this wave, so long, which has got so far. */
  #active = false;
  #wave: Int16Array | undefined;
  #lag = 0;
  #at = 0;
  /** The frame at hand has been prepared. */
  #prepared = false;
  /** Nobody heard the frame before. */
  #passing = false;

  /** What was heard last was made up, at least in part. */
  get active(): boolean {
    return this.#active;
  }

  /** Nothing has come for so long that nothing is made up any more. */
  get silent(): boolean {
    return this.#missing >= CONCEALED_FRAMES;
  }

  /** Of how many frames in a row nothing has come. */
  get missing(): number {
    return this.#missing;
  }

  /** Fills a frame with what takes the place of what may be missing in it. */
  prepare(into: Int16Array): void {
    this.#prepared = true;
    if (this.#missing >= CONCEALED_FRAMES) {
      into.fill(0);
      return;
    }
    if (this.#missing === 0) this.#findWave();
    const level = 1 / 2 ** this.#missing;
    for (let index = 0; index < into.length; index++) into[index] = this.#following() * level * (1 - index / (2 * into.length));
  }

  /** The frame is complete; `present`: something of it was really there. False: all of it is silence. */
  keep(frame: Int16Array, present: boolean): boolean {
    this.#passing = false;
    this.#active = this.#prepared && this.#missing < CONCEALED_FRAMES;
    this.#prepared = false;
    this.#missing = present ? 0 : Math.min(this.#missing + 1, CONCEALED_FRAMES + 1);
    if (this.#missing <= CONCEALED_FRAMES) {
      this.#kept ??= new Int16Array(HISTORY);
      this.#kept.set(frame.length > FRAME_SAMPLES ? frame.subarray(-FRAME_SAMPLES) : frame, this.#next);
      this.#next = (this.#next + FRAME_SAMPLES) % HISTORY;
      return true;
    }
    frame.fill(0);
    return false;
  }

  /** What comes next follows a silence. */
  forget(): void {
    this.#kept?.fill(0);
    this.#missing = CONCEALED_FRAMES;
    this.#prepared = this.#active = false;
  }

  /** A frame was not heard by anyone: of what comes next nothing is known. */
  pass(): void {
    if (!this.#passing) this.forget();
    this.#passing = true;
  }

  /** What was made up fades into a frame that really came; `keep` comes after. */
  join(frame: Int16Array): void {
    if (!this.#active) return;
    const level = 1 / 2 ** this.#missing;
    for (let index = 0; index < Math.min(BLEND, frame.length); index++) {
      const share = (index + 1) / (BLEND + 1);
      frame[index] = (frame[index] ?? 0) * share + this.#following() * level * (1 - share);
    }
  }

  #following(): number {
    const sample = this.#wave?.[this.#at] ?? 0;
    this.#at = this.#at + 1 === this.#lag ? 0 : this.#at + 1;
    return sample;
  }

  /** Finds how far back what was heard last is most like itself; from there it is repeated. */
  #findWave(): void {
    const kept = (this.#kept ??= new Int16Array(HISTORY));
    history.set(kept.subarray(this.#next));
    history.set(kept.subarray(0, this.#next), HISTORY - this.#next);
    this.#lag = mostAlike();
    this.#wave ??= new Int16Array(LONGEST_LAG);
    this.#wave.set(history.subarray(HISTORY - this.#lag));
    this.#at = 0;
  }
}

/** The lag at which the end of the history correlates best with what was before it. */
function mostAlike(): number {
  const from = HISTORY - TEMPLATE;
  let best = SHORTEST_LAG;
  let bestScore = 0;
  // Of what the template is compared with; from lag to lag it moves back by a sample.
  let energy = 1;
  for (let at = from - SHORTEST_LAG; at < HISTORY - SHORTEST_LAG; at++) energy += squareAt(at);
  for (let lag = SHORTEST_LAG; lag <= LONGEST_LAG; lag++) {
    let product = 0;
    for (let at = from; at < HISTORY; at++) product += (history[at - lag] ?? 0) * (history[at] ?? 0);
    if (product > 0 && (product * product) / energy > bestScore) {
      best = lag;
      bestScore = (product * product) / energy;
    }
    energy += squareAt(from - lag - 1) - squareAt(HISTORY - 1 - lag);
  }
  return best;
}

const squareAt = (at: number): number => (history[at] ?? 0) ** 2;
