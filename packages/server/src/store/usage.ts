import type { Kysely } from "kysely";
import type { Schema } from "./schema.ts";

/** A leg that was dialled, answered, and has ended. */
export interface UsedLeg {
  readonly appid: string;
  readonly to: string;
  readonly answered_ms: number;
  readonly ended_ms: number;
}

/** The outbound legs that were up at `sinceMs` or later and have ended. */
export async function legsUpSince(db: Kysely<Schema>, sinceMs: number): Promise<readonly UsedLeg[]> {
  // By their calls, which have an index of their ends: there may be years of legs.
  const ended = db.selectFrom("calls").select("id").where("status", "=", "ended").where("ended_ms", ">=", sinceMs);
  const rows = await db
    .selectFrom("legs")
    .innerJoin("calls", "calls.id", "legs.call_id")
    .where("legs.call_id", "in", ended.unionAll(db.selectFrom("calls").select("id").where("status", "<>", "ended")))
    .select(["calls.appid", "legs.to", "legs.answered_ms", "legs.ended_ms"])
    .where("legs.direction", "=", "outbound")
    .where("legs.answered_ms", "is not", null)
    .where("legs.ended_ms", ">=", sinceMs)
    .execute();
  return rows.flatMap(({ answered_ms, ended_ms, ...leg }) => (answered_ms === null || ended_ms === null ? [] : [{ ...leg, answered_ms, ended_ms }]));
}
