import { Emitter } from "../base/index.ts";
import type { Leg } from "../call/index.ts";

/** Whom the flow's leg talks with. */
export interface Company {
  /** The leg it is joined with now. */
  readonly other: Leg | undefined;
  /** Joins the flow's leg with another one until the returned function is called. */
  join(other: Leg): () => void;
  /** Calls `listener` whenever `other` has changed, until the returned function is called. */
  onChange(listener: () => void): () => void;
}

export function companyOf(leg: Leg): Company {
  const changes = new Emitter<{ changed: Leg | undefined }>();
  let other: Leg | undefined;
  const meet = (next: Leg | undefined) => {
    other = next;
    changes.emit("changed", next);
  };
  return {
    get other() {
      return other;
    },
    join(next) {
      const leave = leg.join(next);
      meet(next);
      return () => {
        leave();
        if (other === next) meet(undefined);
      };
    },
    onChange: (listener) => changes.on("changed", listener),
  };
}
