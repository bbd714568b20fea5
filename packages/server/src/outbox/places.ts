import type { EventRow } from "../store/index.ts";

/** How many requests may be under way, in all and to one origin: a receiver that hangs holds up only its own. */
export interface Places {
  /** `under_way`: this event has a place already. */
  take(event: EventRow): "taken" | "full" | "under_way";
  leave(event: EventRow): void;
  /** Whether there is a place for any origin. */
  readonly free: boolean;
  /** The origins whose places are all taken. */
  readonly full: readonly string[];
}

export function createPlaces(limits: { readonly total: number; readonly perOrigin: number }): Places {
  const events = new Set<number>();
  const origins = new Map<string, number>();
  const count = ({ origin }: EventRow) => origins.get(origin ?? "") ?? 0;
  return {
    take(event) {
      if (events.has(event.id)) return "under_way";
      if (events.size >= limits.total || count(event) >= limits.perOrigin) return "full";
      events.add(event.id);
      origins.set(event.origin ?? "", count(event) + 1);
      return "taken";
    },
    leave(event) {
      events.delete(event.id);
      const left = count(event) - 1;
      if (left > 0) origins.set(event.origin ?? "", left);
      else origins.delete(event.origin ?? "");
    },
    get free() {
      return events.size < limits.total;
    },
    get full() {
      return [...origins].filter(([, taken]) => taken >= limits.perOrigin).map(([origin]) => origin);
    },
  };
}
