import { FRAME_MS, FRAME_SAMPLES } from "../audio/index.ts";

/** A packet comes at least so long before its turn: less than the 5 ms in which sockets are read, more than a thread wakes up late. */
const GUARD_MS = 4;
/** Of what the margins of packets differ by, this much is kept in addition: what was not seen yet is a little worse. */
const GUARD_SHARE = 0.5;
/** Packets over which the delay of a new stream is judged: a second. */
const FIRST_JUDGED = 50;
/** The same once a packet has come late: five seconds. */
const USUALLY_JUDGED = 250;
/** And when it came soon after the delay had been shortened; twice as many each time. */
const MOST_JUDGED = 2000;
/** Packets after a cut in which one that is late shows that the cut came too soon: ten seconds. */
const SOON = 500;
/** Packets after one that was late which say nothing: they were held up with it. */
const SETTLING = 25;
/** Packets in time after which what was late before is forgotten: a minute. */
const FORGOTTEN = 3000;

/** Learns from how early packets come what of the delay nothing needs. */
export class ArrivalMargins {
  #judged = 0;
  #leastMs = Infinity;
  #mostMs = 0;
  #leastAhead = Infinity;
  #mostAhead = 0;
  #leastRest = FRAME_SAMPLES;
  #patience = FIRST_JUDGED;
  #sinceCut = SOON;
  #sinceLate = 0;

  /** Another stream. */
  reset(): void {
    this.#patience = FIRST_JUDGED;
    this.#sinceCut = SOON;
    this.judgeAnew();
  }

  /** What was learned is of another delay. */
  judgeAnew(): void {
    this.#judged = 0;
    this.#leastMs = this.#leastAhead = Infinity;
    this.#mostMs = this.#mostAhead = 0;
    this.#leastRest = FRAME_SAMPLES;
  }

  /** How far ahead of their turn, in samples, packets really come, as far as that is known. */
  get mostAhead(): number {
    return this.#judged < FIRST_JUDGED ? Infinity : this.#mostAhead;
  }

  /** The delay has been shortened. */
  cut(): void {
    this.#sinceCut = 0;
    this.judgeAnew();
  }

  /** A packet came too late. */
  late(): void {
    if (this.#sinceCut < SOON) this.#patience = Math.min(MOST_JUDGED, 2 * this.#patience);
    else if (this.#sinceLate > FORGOTTEN) this.#patience = USUALLY_JUDGED;
    this.#patience = Math.max(this.#patience, USUALLY_JUDGED);
    this.#sinceCut = SOON;
    this.#sinceLate = 0;
    this.judgeAnew();
    this.#judged = -SETTLING;
  }

  /**
   * A packet came `ahead` samples before the next one to be read, which is read in `untilTurnMs`. Returns the samples
   * by which the delay may be shortened, once that is known; else 0. `least` samples ahead are always kept.
   */
  inTime(ahead: number, untilTurnMs: number, least: number): number {
    this.#sinceCut += 1;
    this.#sinceLate += 1;
    this.#judged += 1;
    if (this.#judged <= 0) return 0;
    // A packet has to be there when the frame begins that its first sample is in: less than a frame ahead gains nothing.
    const marginMs = untilTurnMs + FRAME_MS * Math.floor(ahead / FRAME_SAMPLES);
    this.#leastMs = Math.min(this.#leastMs, marginMs);
    this.#mostMs = Math.max(this.#mostMs, marginMs);
    this.#leastAhead = Math.min(this.#leastAhead, ahead);
    this.#leastRest = Math.min(this.#leastRest, ahead % FRAME_SAMPLES);
    this.#mostAhead = Math.max(this.#mostAhead, ahead);
    if (this.#judged < this.#patience) return 0;
    const guardMs = Math.max(GUARD_MS, GUARD_SHARE * (this.#mostMs - this.#leastMs));
    const frames = Math.max(0, Math.floor((this.#leastMs - guardMs) / FRAME_MS));
    const surplus = Math.min(frames * FRAME_SAMPLES + this.#leastRest, this.#leastAhead - least);
    this.judgeAnew();
    return Math.max(0, surplus);
  }
}
