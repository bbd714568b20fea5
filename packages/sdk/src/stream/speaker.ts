import type { Source } from "./source.ts";

/** What became of something that was played. */
export interface Heard {
  readonly utterance: number;
  /** How much of it left for the party. */
  readonly heardMs: number;
  /** All of it was heard. */
  readonly complete: boolean;
  /** Left out to make up for a delay; only with `live`. */
  readonly skippedMs: number;
  /** For how long there was nothing to play in its midst. */
  readonly underrunMs: number;
  /** What there was no room for. */
  readonly droppedMs: number;
  /** True: the server has told it, to the frame. False: worked out by the clock. */
  readonly exact: boolean;
}

/** What `clear` has cut off. */
export interface Cleared {
  readonly utterances: readonly { readonly utterance: number; readonly heardMs: number }[];
  /** The names of the marks that will not be reached. */
  readonly marks: readonly string[];
}

export interface SayOptions {
  readonly utterance?: number | undefined;
  readonly live: boolean;
  readonly signal?: AbortSignal | undefined;
}

/** How a session speaks: one utterance after the other, in the order in which they were asked for. */
export interface Speaker {
  say(source: Promise<Source>, options: SayOptions): Promise<Heard>;
  clear(utterance?: number): Promise<Cleared>;
  /** Resolves with true when everything before has been heard, with false when that will not be. */
  mark(name: string | undefined): Promise<boolean>;
  /** The stream is over: everything that is open resolves. */
  over(): void;
}

/** Of something of which nothing was heard. */
export const unheard = (utterance: number): Heard =>
  ({ utterance, heardMs: 0, complete: false, skippedMs: 0, underrunMs: 0, droppedMs: 0, exact: true });
