import { SAMPLE_RATE_HZ, type Live } from "../../audio/index.ts";
import { scope, setRepeating, type Clock, type Scope, type Timer } from "../../base/index.ts";
import type { StreamLine } from "../../interpreter/index.ts";
import type { StreamEvent } from "./dialect.ts";
import type { Speech } from "./intake.ts";
import { VoiceRoom } from "./voice-room.ts";
import { VoiceTelling } from "./voice-telling.ts";
import { msOf, Utterance } from "./voice-utterance.ts";

export interface VoiceOptions {
  readonly feed: StreamLine["feed"];
  readonly clock: Clock;
  /** What gives way when the queue is full. */
  readonly drops: "oldest" | "newest";
  /** What happens, in the order of the protocol. */
  readonly tell: (event: StreamEvent) => void;
  /** Something was not done. */
  readonly refused: (message: string) => void;
  /** Its abort throws away what is queued. */
  readonly signal: AbortSignal;
}

/** Where the oldest gives way, no more than this is beyond reach in the media plane. */
const AHEAD_SAMPLES = 2 * SAMPLE_RATE_HZ;
/** Without ids a pause ends what is said in one go, so that what a flow plays gets its turn. */
const PAUSE_MS = 200;
const ABANDONED_MS = 10_000;
/** For a bot that is away: it may be back before anybody notices. */
const AWAY_MS = 1000;
const MAXIMUM_PENDING = 500;
/** One for every frame that can be queued. */
const MAXIMUM_MARKS = 3000;
/** Ids that are known not to be new. */
const MAXIMUM_IDS = 10_000;

/**
 * What the bot says, one utterance after the other: each is a feed, and they queue in the media plane, where they follow
 * each other without a gap.
 */
export class Voice {
  readonly #options: VoiceOptions;
  readonly #telling: VoiceTelling;
  readonly #room: VoiceRoom;
  readonly #life: Scope;
  /** As they began. */
  readonly #utterances = new Set<Utterance>();
  readonly #ids = new Set<number>();
  readonly #hearing = new Set<Promise<void>>();
  #open: Utterance | undefined;
  #timer: Timer | undefined;
  #absence: Timer | undefined;
  #lastMs = 0;
  #paused = false;
  #lastRefused: number | "none" | undefined = "none";
  #received = 0;
  #playedMs = 0;

  constructor(options: VoiceOptions) {
    this.#options = options;
    this.#telling = new VoiceTelling(options.tell);
    this.#room = new VoiceRoom({ utterances: this.#utterances, drops: options.drops, tell: options.tell });
    this.#life = scope(options.signal);
    this.#life.onClose(() => {
      this.away(false);
      this.#flush(this.#utterances, "cut");
    });
  }

  get receivedMs(): number {
    return msOf(this.#received);
  }

  /** What left as RTP. */
  get playedMs(): number {
    return this.#playedMs;
  }

  /** What the queue had no room for. */
  get droppedMs(): number {
    return this.#room.droppedMs;
  }

  /** Behind what is queued. `decoded`: the samples of a file; a file without them gives none. */
  say({ audio, utterance, last = false, live, gone = false }: Speech, decoded?: Int16Array): void {
    if (this.#life.signal.aborted || (gone && this.#isOver(utterance))) return;
    const said = this.#utteranceOf(utterance, live);
    if (!said) return;
    if (gone) said.lose();
    this.#lastMs = this.#options.clock.monotonicMs();
    const samples = audio.form === "file" || decoded ? said.input.pushSamples(decoded ?? new Int16Array(0)) : said.input.push(audio);
    this.#received += samples.length;
    this.#room.put(said, samples);
    if (last) this.#end("ended");
  }

  end(utterance: number): void {
    if (this.says(utterance)) this.#end("ended");
    else if (!this.#ids.has(utterance)) this.#options.refused("The utterance that is ended has not begun.");
  }

  /** It has begun, and may be over. */
  began(utterance: number): boolean {
    return this.#ids.has(utterance);
  }

  /** It has begun, and is not over. */
  says(utterance: number): boolean {
    return this.#open?.turn.utterance === utterance;
  }

  /** Told when everything that was said before has been heard. */
  mark(name: string): void {
    let behind: Utterance | undefined;
    let marks = 0;
    for (const utterance of this.#utterances) {
      if (!utterance.over) behind = utterance;
      marks += utterance.marks;
    }
    if (marks >= MAXIMUM_MARKS) this.#options.refused(`At most ${MAXIMUM_MARKS} marks can wait.`);
    else if (behind) behind.mark(name);
    else this.#options.tell({ type: "mark", name, reached: true });
  }

  /**
   * Throws away what is queued, also what the media plane has got already: of one utterance, or all. `marks`: those that
   * were to come in the open one.
   */
  clear(utterance?: number, marks: readonly string[] = []): void {
    if (marks.length > 0) this.#open?.lose();
    for (const name of marks) this.#open?.mark(name);
    const cleared = [...this.#utterances].filter((said) => said.pending && (utterance === undefined || said.turn.utterance === utterance));
    if (!this.#telling.cleared(cleared.map(({ turn }) => turn))) this.#options.refused("Too many clears wait to be told.");
    this.#flush(cleared, "cleared");
    this.#room.told();
  }

  /** What the party hears of it stops where it is. */
  pause(on: boolean): void {
    this.#paused = on;
    for (const utterance of this.#utterances) utterance.pause(on);
  }

  /** How much waits to be heard; as told to a bot that has just come. */
  credit(): StreamEvent {
    return this.#room.credit();
  }

  /**
   * While the bot is away, what it has paused goes on, and what it has not ended is over soon after it was heard: nobody is
   * there who could end the silence, and the music the bot is waited with queues behind it.
   */
  away(on: boolean): void {
    this.#absence?.cancel();
    this.#absence = undefined;
    if (!on || this.#life.signal.aborted) return;
    this.#absence = setRepeating(this.#options.clock, AWAY_MS, () => {
      if (this.#paused) this.pause(false);
      if (this.#open?.queued === 0) this.#end("abandoned");
    });
  }

  /** Nothing more is said: resolves when everything has been heard. */
  async finish(): Promise<void> {
    this.#end("ended");
    // Nobody is there who could ask for it any more.
    this.pause(false);
    while (this.#hearing.size > 0) await Promise.all(this.#hearing);
    this.#life.close();
  }

  #isOver(id: number | undefined): boolean {
    return id !== undefined && this.#ids.has(id) && !this.says(id);
  }

  #utteranceOf(id: number | undefined, live: Live | undefined): Utterance | undefined {
    if (this.#open && this.#open.turn.utterance === id) return this.#open;
    if (this.#isOver(id)) return this.#refuse(id, "The utterance is over; what comes of it is dropped.");
    if (this.#utterances.size >= MAXIMUM_PENDING) return this.#refuse(id, `At most ${MAXIMUM_PENDING} utterances can wait.`);
    this.#end("ended");
    return this.#begin(id, live);
  }

  /** Told once for an utterance: a bot that goes on with it does so fifty times a second. */
  #refuse(id: number | undefined, message: string): undefined {
    if (id !== this.#lastRefused) this.#options.refused(message);
    this.#lastRefused = id;
  }

  #begin(id: number | undefined, live: Live | undefined): Utterance {
    const { feed, drops } = this.#options;
    const begun = new Utterance({
      feed, ...(live && { live }), turn: this.#telling.begin(id), aheadSamples: drops === "oldest" ? AHEAD_SAMPLES : Number.POSITIVE_INFINITY,
      used: () => this.#room.told(),
    });
    if (this.#paused) begun.pause(true);
    this.#utterances.add(begun);
    if (id !== undefined) this.#remember(id);
    const heard: Promise<void> = begun.heardMs.then((heardMs) => {
      this.#playedMs += heardMs;
      this.#utterances.delete(begun);
      this.#hearing.delete(heard);
      this.#room.told();
    });
    this.#hearing.add(heard);
    this.#open = begun;
    this.#watch(id === undefined ? PAUSE_MS : ABANDONED_MS);
    return begun;
  }

  #remember(id: number): void {
    this.#ids.add(id);
    if (this.#ids.size <= MAXIMUM_IDS) return;
    for (const oldest of this.#ids) {
      this.#ids.delete(oldest);
      return;
    }
  }

  /** Ends the open utterance when nothing has come for so long. One timer for it, however often something comes. */
  #watch(limitMs: number, waitMs = limitMs): void {
    const { clock } = this.#options;
    this.#timer = clock.setTimer(waitMs, () => {
      const idleMs = clock.monotonicMs() - this.#lastMs;
      if (idleMs < limitMs) this.#watch(limitMs, limitMs - idleMs);
      else this.#end(limitMs === PAUSE_MS ? "ended" : "abandoned");
    });
  }

  #end(how: "ended" | "abandoned"): void {
    this.#open?.end(how);
    this.#leave();
  }

  #leave(): void {
    this.#open = undefined;
    this.#timer?.cancel();
  }

  #flush(utterances: Iterable<Utterance>, how: "cleared" | "cut"): void {
    for (const utterance of utterances) {
      if (utterance === this.#open) this.#leave();
      utterance.flush(how);
    }
  }
}
