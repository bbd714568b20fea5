import { GUARD_MS } from "./playout-item.ts";
import { GROUPS, SLOT_MS } from "./scheduler.ts";

/** Where a session has its turns, and by how many slots it is ahead of the time at which it began. */
export interface TurnPlace {
  readonly group: number;
  readonly aheadSlots: number;
}

/** Every move to an earlier turn lets the peer have a little more than time has gone on: it buffers that, and not without end. */
const MOST_AHEAD = GROUPS - 1;

/**
 * What a bot says comes at its own time, and waits for the turn of its session: up to 20 ms. Where its first frame comes
 * decides which group's turns are the best to go on with: the next ones that leave the guard. The peer sees a single
 * packet that comes up to 15 ms early, or 5 ms late. Undefined: the session is best left where it is.
 */
export function betterTurn(place: TurnPlace, nextGroup: number, nextMs: number, nowMs: number): TurnPlace | undefined {
  const wait = Math.max(0, Math.ceil((nowMs + GUARD_MS - nextMs) / SLOT_MS));
  const group = (nextGroup + wait) % GROUPS;
  if (group === place.group || wait >= GROUPS) return undefined;
  /** Since its last turn. */
  const passed = ((nextGroup - place.group + GROUPS - 1) % GROUPS) + 1;
  const aheadSlots = place.aheadSlots + GROUPS - (passed + wait);
  return aheadSlots < 0 || aheadSlots > MOST_AHEAD ? undefined : { group, aheadSlots };
}
