import { seededIds } from "../base/index.ts";
import { timestampDistance } from "../rtp/index.ts";

/** Two seconds: as long as nobody hears it come again. */
const TABLE_SAMPLES = 16_384;
/** Louder is no background, whatever the peer says: nobody is to be shouted at by one packet. */
const LOUDEST_DBOV = 30;
/** White noise between -1 and 1. Nothing depends on what it is: it may be the same for everybody. */
const white = whiteNoise();

/**
 * What is heard while a sender that detects silence sends none of it (RFC 3389): noise of the level that it told last,
 * from there until its speech goes on. The spectrum, which it may tell as well, is left out (§4.2 allows for that).
 */
export class ComfortNoise {
  #from: number | undefined;
  #until: number | undefined;
  #amplitude = 0;
  #at = 0;

  /** A packet of noise: `payload[0]` is the level below overload in dB (RFC 3389 §3). False: it is none. */
  push(timestamp: number, payload: Uint8Array): boolean {
    const [level] = payload;
    if (level === undefined || level > 127) return false;
    // Of even noise the mean square is a third of the largest one.
    this.#amplitude = Math.sqrt(3) * 32_767 * 10 ** (-Math.max(LOUDEST_DBOV, level) / 20);
    if (this.#from === undefined || this.#until !== undefined) this.#from = timestamp;
    this.#until = undefined;
    return true;
  }

  /** Speech of this time has come. */
  spoken(timestamp: number): void {
    if (this.#from !== undefined && this.#until === undefined && timestampDistance(timestamp, this.#from) >= 0) this.#until = timestamp;
  }

  /** Fills a frame that begins at `timestamp`, if it lies in the silence. */
  fill(into: Int16Array, timestamp: number): boolean {
    if (this.#from === undefined || timestampDistance(timestamp, this.#from) + into.length <= 0) return false;
    if (this.#until !== undefined && timestampDistance(this.#until, timestamp) <= 0) {
      this.forget();
      return false;
    }
    for (let index = 0; index < into.length; index++) into[index] = Math.round((white[this.#at + index] ?? 0) * this.#amplitude);
    this.#at = (this.#at + into.length) % (TABLE_SAMPLES - into.length);
    return true;
  }

  forget(): void {
    this.#from = this.#until = undefined;
  }
}

function whiteNoise(): Float32Array {
  const ids = seededIds(4711);
  return Float32Array.from({ length: TABLE_SAMPLES }, () => ids.integer(0x1_0000) / 0x8000 - 1);
}
