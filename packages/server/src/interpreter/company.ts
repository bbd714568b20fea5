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
  const meet = (next: Leg | undefined) => {
    company.other = next;
    changes.emit("changed", next);
  };
  // No getters: an object that is made with some takes several times the memory, for each call.
  const company: Company & { other: Leg | undefined } = {
    other: undefined,
    join(next) {
      const leave = leg.join(next);
      meet(next);
      return () => {
        leave();
        if (company.other === next) meet(undefined);
      };
    },
    onChange: (listener) => changes.on("changed", listener),
  };
  return company;
}
