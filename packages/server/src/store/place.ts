import { sql } from "kysely";

/** A place in the order in which calls ended, or recordings did. */
export interface Place {
  readonly ms: number;
  readonly id: string;
}

/** When a row ended. */
type Ended = "ended_ms" | "completed_ms";

/** In front of every row. */
export const FIRST: Place = { ms: -1, id: "" };

/** The place of a row that has ended. */
export const placeOf = (id: string, endedMs: number | null): Place => ({ ms: endedMs ?? 0, id });

/** Rows that ended later than the one at that place; of those that ended together, the ones with a larger id. */
export const isBehind = (ended: Ended, { ms, id }: Place) => sql<boolean>`(${sql.ref(ended)}, ${sql.ref("id")}) > (${ms}, ${id})`;

/** Rows that ended earlier than the one at that place, in the same order. */
export const isBefore = (ended: Ended, { ms, id }: Place) => sql<boolean>`(${sql.ref(ended)}, ${sql.ref("id")}) < (${ms}, ${id})`;
