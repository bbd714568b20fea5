import type { Cleared } from "./speaker.ts";
import { deferred, type Deferred } from "./turns.ts";
import type { Wire } from "./wire.ts";

/** The `clear`s that are not answered yet; they are answered in their order. */
export interface Clears {
  send(utterance?: number): Promise<Cleared>;
  told(cleared: Cleared): void;
  /** The connection is back: those that may have got lost with the old one, to be said again. */
  again(): readonly string[];
  over(): void;
}

interface Clear {
  readonly message: string;
  readonly answer: Deferred<Cleared>;
  /** It was sent; else it still waits for a connection. */
  sent: boolean;
}

export function createClears(wire: Wire): Clears {
  const open: Clear[] = [];
  return {
    send(utterance) {
      const message = JSON.stringify({ type: "clear", ...(utterance !== undefined && { utterance }) });
      const clear: Clear = { message, answer: deferred(), sent: wire.attached };
      wire.send(message);
      open.push(clear);
      return clear.answer.promise;
    },
    told: (cleared) => open.shift()?.answer.resolve(cleared),
    again() {
      const lost = open.filter(({ sent }) => sent).map(({ message }) => message);
      for (const clear of open) clear.sent = true;
      return lost;
    },
    over() {
      for (const { answer } of open.splice(0)) answer.resolve({ utterances: [], marks: [] });
    },
  };
}
