import type { DialTarget } from "../../call/index.ts";
import { legsUpSince, type Store } from "../../store/index.ts";
import type { TollGuard } from "./toll-guard.ts";

/** Counts what was used today before this process began, where minutes of a day are limited: a restart gives no new ones. */
export async function countUsedBefore(store: Store, guard: TollGuard): Promise<void> {
  const sinceMs = guard.countedSinceMs;
  if (sinceMs === undefined) return;
  for (const { appid, to, answered_ms: fromMs, ended_ms: toMs } of await legsUpSince(store.db, sinceMs)) {
    guard.used({ appid, target: targetOf(to), fromMs, toMs });
  }
}

/** A destination as the record of a leg shows it. */
function targetOf(to: string): DialTarget {
  if (/^sips?:/i.test(to)) return { type: "uri", uri: to };
  return /^[\d*#]+$/.test(to) ? { type: "number", number: to } : { type: "user", user: to };
}
