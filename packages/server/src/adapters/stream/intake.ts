import { channels, PiopiyError, scope, type Scope } from "../../base/index.ts";
import type { BotRequest } from "./dialect.ts";

/**
 * Decodes a file to 8 kHz, or the next part of one that was sent in parts, within an utterance where there are some.
 * Fails with `bad_audio`.
 */
export type Decode = (bytes: Uint8Array, signal: AbortSignal, utterance?: number) => Promise<Int16Array>;

/** What has a place in the order of what the bot says. */
export type Spoken = Speech | Extract<BotRequest, { type: "end" | "mark" | "clear" }>;

/** `gone`: thrown away before it was decoded. */
export type Speech = Extract<BotRequest, { type: "audio" }> & { readonly gone?: boolean };

export interface IntakeOptions {
  /** Takes one after the other; of a file, its samples at 8 kHz: none, when it could not be decoded. */
  readonly pass: (spoken: Spoken, decoded?: Int16Array) => void;
  readonly decode: Decode;
  /** Some audio was not decoded. */
  readonly failed: (message: string) => void;
  readonly signal: AbortSignal;
}

/** As much may wait behind a file that is being decoded. */
const WAITING_BYTES = 8 << 20;
const WAITING = 20_000;

const none = new Int16Array(0);

/** What is left of speech that was thrown away: its place. */
const gone = (speech: Speech): Speech => ({ ...speech, audio: { form: "mulaw", bytes: new Uint8Array(0) }, gone: true });
const bytesOf = (spoken: Spoken | undefined) => (spoken?.type === "audio" ? spoken.audio.bytes.length : 0);

/** What comes in from the bot to be said, in its order: files take a while to be decoded, and everything waits for them. */
export class Intake {
  readonly #options: IntakeOptions;
  /** Of the file that is being decoded. */
  #life: Scope;
  #waiting: Spoken[] = [];
  #waitingBytes = 0;
  #decoding: Spoken | undefined;
  #working: Promise<void> | undefined;

  constructor(options: IntakeOptions) {
    this.#options = options;
    this.#life = scope(options.signal);
  }

  take(spoken: Spoken): void {
    if (!this.#working && !isFile(spoken)) return this.#options.pass(spoken);
    const bytes = bytesOf(spoken);
    if (this.#waitingBytes + bytes > WAITING_BYTES || this.#waiting.length >= WAITING) {
      return this.#options.failed("Too much waits for audio that is being decoded.");
    }
    this.#waiting.push(spoken);
    this.#waitingBytes += bytes;
    this.#working ??= this.#work();
    return undefined;
  }

  /** Forgets everything that waits, also what is being decoded, and returns it. */
  clear(): readonly Spoken[] {
    const forgotten = [...(this.#decoding ? [this.#decoding] : []), ...this.#waiting];
    this.#waiting = [];
    this.#waitingBytes = 0;
    this.#decoding = undefined;
    this.#renew();
    return forgotten.map((spoken) => (spoken.type === "audio" ? gone(spoken) : spoken));
  }

  /** Takes the audio out of what waits of an utterance, which keeps its place. False: nothing of it waits. */
  empty(utterance: number): boolean {
    const concerned = (spoken: Spoken | undefined) => spoken?.type === "audio" && spoken.utterance === utterance;
    const decoding = concerned(this.#decoding);
    const found = decoding || this.#waiting.some(concerned);
    this.#waiting = this.#waiting.map((spoken) => (spoken.type === "audio" && concerned(spoken) ? gone(spoken) : spoken));
    this.#waitingBytes = this.#waiting.reduce((sum, spoken) => sum + bytesOf(spoken), 0);
    if (decoding) this.#renew();
    return found;
  }

  /** Takes out the marks that wait behind audio of an utterance; returns their names. */
  takeMarks(utterance: number): readonly string[] {
    const names: string[] = [];
    let of = this.#decoding?.type === "audio" ? this.#decoding.utterance : undefined;
    this.#waiting = this.#waiting.filter((spoken) => {
      if (spoken.type === "audio") of = spoken.utterance;
      if (spoken.type !== "mark" || of !== utterance) return true;
      names.push(spoken.name);
      return false;
    });
    return names;
  }

  /** Resolves when nothing waits any more. */
  async idle(): Promise<void> {
    await this.#working;
    this.#life.close();
  }

  async #work(): Promise<void> {
    for (let next = this.#waiting.shift(); next; next = this.#waiting.shift()) {
      this.#waitingBytes -= bytesOf(next);
      if (isFile(next)) await this.#file(next, next.audio.bytes, this.#life.signal);
      else this.#options.pass(next);
    }
    this.#working = undefined;
  }

  async #file(spoken: Speech, bytes: Uint8Array, signal: AbortSignal): Promise<void> {
    const { pass, decode, failed } = this.#options;
    this.#decoding = spoken;
    let samples: Int16Array = none;
    try {
      samples = await decode(bytes, signal, spoken.utterance);
    } catch (failure) {
      if (!signal.aborted) failed(whyOf(failure));
    }
    // One that cannot be decoded, or was emptied, belongs to its utterance all the same: that begins, and may end.
    if (this.#decoding === spoken) pass(signal.aborted ? gone(spoken) : spoken, signal.aborted ? none : samples);
    this.#decoding = undefined;
  }

  #renew(): void {
    this.#life.close();
    this.#life = scope(this.#options.signal);
  }
}

function whyOf(failure: unknown): string {
  if (failure instanceof PiopiyError) return failure.message;
  channels.failure.publish({ layer: "adapters", failure });
  return "The audio cannot be decoded.";
}

const isFile = (spoken: Spoken): spoken is Speech => spoken.type === "audio" && spoken.audio.form === "file";
