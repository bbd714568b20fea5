import { serveTransfers, type Dialler, type DialTarget, type Leg } from "../call/index.ts";
import type { LiveCall, World } from "./model.ts";

/** How long whoever a call is transferred to may ring. */
const RINGS_MS = 40_000;

/** Lets the party of a leg of this call have itself replaced by somebody whom `dialler` calls, under the call's rules for that. */
export function allowTransfers(world: World, call: LiveCall, leg: Leg, dialler: Dialler): void {
  const note = (type: string, data: Readonly<Record<string, unknown>>) => call.timeline.add({ type, legId: leg.id, data });
  serveTransfers(leg, {
    refer({ target, from, attended }) {
      note("transfer.requested", { attended, ...(attended ? {} : { to: masked(target) }) });
      const refusal = attended ? undefined : world.guard.referRefusal(call.facts.appid, target);
      if (refusal) {
        note("transfer.finished", { transferred: false, ...refusal });
        return 403;
      }
      return (own) => dialler.dial({ target, from, timeoutMs: RINGS_MS, legId: world.ids.uuid(), ...own }, leg.signal);
    },
    finished: (_, cause) => note("transfer.finished", cause ? { transferred: false, ...cause } : { transferred: true }),
    replaced: (by) => note("leg.replaced", { by: by.type }),
  });
}

/** Enough of a destination to recognise it by whoever knows it. */
function masked(target: DialTarget): string {
  const text = target.type === "number" ? target.number : target.type === "user" ? target.user : target.uri;
  return "*".repeat(Math.max(0, text.length - 3)) + text.slice(-3);
}
