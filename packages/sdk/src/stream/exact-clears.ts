import type { Cleared } from "./speaker.ts";
import { deferred, type Deferred } from "./turns.ts";
import type { Wire } from "./wire.ts";

/** The `clear`s that are not answered yet; they are answered in their order. */
export interface Clears {
  send(utterance?: number): Promise<Cleared>;
  told(cleared: Cleared): void;
  /** The connection is back: those that may have got lost with the old one are said again. */
  again(): void;
  over(): void;
}

interface Clear {
  readonly message: Readonly<Record<string, unknown>>;
  readonly answer: Deferred<Cleared>;
}

export function createClears(wire: Wire): Clears {
  const open: Clear[] = [];
  return {
    send(utterance) {
      const clear: Clear = { message: { type: "clear", ...(utterance !== undefined && { utterance }) }, answer: deferred() };
      wire.json(clear.message);
      open.push(clear);
      return clear.answer.promise;
    },
    told: (cleared) => open.shift()?.answer.resolve(cleared),
    again() {
      for (const { message } of open) wire.json(message);
    },
    over() {
      for (const { answer } of open.splice(0)) answer.resolve({ utterances: [], marks: [] });
    },
  };
}
