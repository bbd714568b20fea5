import { deferred, type Deferred, type Turns } from "./turns.ts";
import type { Wire } from "./wire.ts";

interface Mark {
  readonly name: string;
  readonly reached: Deferred<boolean>;
  sent: boolean;
}

/** The marks that are open, in their order. */
export interface Marks {
  set(name: string | undefined): Promise<boolean>;
  /** The server has told of a mark of this name, or of its being cleared. */
  told(name: string, reached: boolean): void;
  /** Those that still wait behind audio that will not be sent; their names. */
  drop(): readonly string[];
  over(): void;
}

export function createMarks(wire: Wire, turn: Turns): Marks {
  const open = new Set<Mark>();
  let count = 0;
  const settle = (mark: Mark, reached: boolean) => {
    open.delete(mark);
    mark.reached.resolve(reached);
  };
  return {
    set(wanted) {
      count += 1;
      const mark: Mark = { name: wanted ?? `mark-${count}`, reached: deferred<boolean>(), sent: false };
      open.add(mark);
      const send = () => {
        if (!open.has(mark)) return;
        mark.sent = true;
        wire.json({ type: "mark", name: mark.name });
      };
      turn(send).then(() => undefined, (error: unknown) => {
        open.delete(mark);
        mark.reached.reject(error);
      });
      return mark.reached.promise;
    },
    told(name, reached) {
      const mark = [...open].find((one) => one.sent && one.name === name);
      if (mark) settle(mark, reached);
    },
    drop() {
      const waiting = [...open].filter(({ sent }) => !sent);
      for (const mark of waiting) settle(mark, false);
      return waiting.map(({ name }) => name);
    },
    over() {
      for (const mark of open) settle(mark, false);
    },
  };
}
