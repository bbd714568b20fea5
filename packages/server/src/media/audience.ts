import { FRAME_MS } from "../audio/index.ts";
import type { TapBatch, TapOptions } from "./engine.ts";
import { guarded } from "./guarded.ts";
import type { Command } from "./protocol.ts";

interface Tapping {
  /** The longest batch that the listener can use. */
  readonly frames: number;
  readonly ended: (() => void) | undefined;
}

interface Leaving {
  readonly own: (batch: TapBatch) => void;
  readonly ended: (() => void) | undefined;
}

const DEFAULT_BATCH_MS = 100;

/** Those who follow the audio of a session: what they ask for together is told to the thread, and what comes is spread. */
export class Audience {
  readonly #session: number;
  readonly #send: (command: Command) => void;
  readonly #taps = new Map<(batch: TapBatch) => void, Tapping>();
  /** Those that have left and get what was under way, by the request that flushes it. */
  readonly #leaving = new Map<number, Leaving>();
  readonly #hearers = new Set<(frame: Int16Array) => void>();
  #nextRequest = 1;
  /** Nothing will be reported any more. */
  #over = false;

  constructor(session: number, send: (command: Command) => void) {
    this.#session = session;
    this.#send = send;
  }

  tap(listener: (batch: TapBatch) => void, { batchMs = DEFAULT_BATCH_MS, ended }: TapOptions = {}): () => void {
    if (this.#over) {
      ended?.();
      return () => undefined;
    }
    // A function of its own, so that one listener may be given twice.
    const own = (batch: TapBatch) => listener(batch);
    this.#taps.set(own, { frames: Math.max(1, Math.floor(batchMs / FRAME_MS)), ended });
    this.#tune(this.#nextRequest++);
    return () => {
      if (!this.#taps.delete(own)) return;
      // Without a worker the answer comes at once: it must find who waits for it.
      const request = this.#nextRequest++;
      this.#leaving.set(request, { own, ended });
      this.#tune(request);
    };
  }

  listen(listener: (frame: Int16Array) => void): () => void {
    if (this.#over) return () => undefined;
    const own = (frame: Int16Array) => listener(frame);
    this.#hearers.add(own);
    if (this.#hearers.size === 1) this.#send({ type: "listen", session: this.#session, on: true });
    return () => {
      if (this.#hearers.delete(own) && this.#hearers.size === 0) this.#send({ type: "listen", session: this.#session, on: false });
    };
  }

  heard(frame: Int16Array): void {
    for (const hearer of this.#hearers) guarded(() => hearer(frame));
  }

  tapped(batch: TapBatch): void {
    for (const listener of this.#taps.keys()) guarded(() => listener(batch));
    for (const { own } of this.#leaving.values()) guarded(() => own(batch));
  }

  /** What was tapped before a request has been told. */
  flushed(request: number): void {
    this.#leaving.get(request)?.ended?.();
    this.#leaving.delete(request);
  }

  /** Nothing more will be told. */
  dismiss(): void {
    this.#over = true;
    const all = [...this.#taps.values(), ...this.#leaving.values()];
    this.#taps.clear();
    this.#leaving.clear();
    this.#hearers.clear();
    for (const { ended } of all) ended?.();
  }

  /**
   * One batch goes to all listeners: it is as long as the shortest that any of them asks for. What was under way
   * is handed over first.
   */
  #tune(request: number): void {
    const frames = this.#taps.size === 0 ? 0 : Math.min(...Array.from(this.#taps.values(), (one) => one.frames));
    this.#send({ type: "tap", session: this.#session, frames, request });
  }
}
