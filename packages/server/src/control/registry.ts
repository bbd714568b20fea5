import { PiopiyError } from "../base/index.ts";
import type { LiveCall, Registry } from "./model.ts";

export function createRegistry(maxCalls: number): Registry {
  const calls = new Set<LiveCall>();
  const totals = { callEnded: new Map<string, number>(), legEnded: new Map<string, number>() };
  let legs = 0;
  let active = 0;
  let draining = false;
  return {
    calls,
    get draining() {
      return draining;
    },
    admit() {
      if (draining) throw new PiopiyError("draining");
      if (active >= maxCalls) throw new PiopiyError("rate_limited", "As many calls are up as this server takes at one time.");
    },
    add(call) {
      calls.add(call);
      active += 1;
    },
    remove: (call) => void calls.delete(call),
    find(appid, anyId) {
      for (const call of calls) {
        const { id, requestId, appid: owner } = call.facts;
        if (owner === appid && !call.ended && (id === anyId || requestId === anyId || call.legs.has(anyId))) return call;
      }
      return undefined;
    },
    drain: () => void (draining = true),
    count(what, label = "") {
      if (what === "legStarted") legs += 1;
      if (what === "legEnded") legs -= 1;
      if (what === "callEnded") active -= 1;
      if (what !== "legStarted") totals[what].set(label, (totals[what].get(label) ?? 0) + 1);
    },
    statistics: () => ({
      calls: active,
      legs,
      draining,
      callsEnded: Object.fromEntries(totals.callEnded),
      legsEnded: Object.fromEntries(totals.legEnded),
    }),
  };
}
