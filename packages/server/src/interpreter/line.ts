import { abortable } from "../base/index.ts";
import type { Leg } from "../call/index.ts";

/** Whether media flows on a leg yet. */
export interface Line {
  readonly up: boolean;
  /** Answers an inbound leg that is not up; at once otherwise. */
  open(): Promise<void>;
  /** Resolves when it is up, whoever opened it. */
  readonly opened: Promise<void>;
}

/**
 * The line of a flow's leg. A flow runs on an outbound leg once that is answered; an inbound one is answered by the
 * first action that needs media, so that a flow may still refuse it, or ring somebody else first.
 */
export function lineOf(leg: Leg, signal: AbortSignal, answered: () => void): Line {
  let opened: () => void = () => undefined;
  const whenOpened = new Promise<void>((resolve) => (opened = resolve));
  // No getters: an object that is made with some takes several times the memory, for each call.
  const line: Line & { up: boolean } = {
    up: leg.info.direction === "outbound",
    async open() {
      if (line.up) return;
      await abortable(leg.answer(), signal);
      line.up = true;
      answered();
      opened();
    },
    opened: whenOpened,
  };
  if (line.up) opened();
  return line;
}
