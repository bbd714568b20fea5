import { FRAME_SAMPLES } from "../audio/index.ts";

/** How often a missing frame is made up by its predecessor before there is silence. */
const CONCEALED_FRAMES = 3;

/** What is not there sounds like the frame before at half its level, three times in a row; then there is silence. */
export class Concealment {
  readonly #last = new Int16Array(FRAME_SAMPLES);
  #missing = CONCEALED_FRAMES;

  /** Fills a frame with what takes the place of what may be missing in it. */
  prepare(into: Int16Array): void {
    if (this.#missing >= CONCEALED_FRAMES) into.fill(0);
    else for (let index = 0; index < into.length; index++) into[index] = (this.#last[index] ?? 0) >> 1;
  }

  /** The frame is complete; `present`: something of it was really there. False: all of it is silence. */
  keep(frame: Int16Array, present: boolean): boolean {
    this.#missing = present ? 0 : Math.min(this.#missing + 1, CONCEALED_FRAMES + 1);
    if (this.#missing <= CONCEALED_FRAMES) {
      this.#last.set(frame);
      return true;
    }
    frame.fill(0);
    return false;
  }

  /** What comes next follows a silence. */
  forget(): void {
    this.#last.fill(0);
    this.#missing = CONCEALED_FRAMES;
  }
}
