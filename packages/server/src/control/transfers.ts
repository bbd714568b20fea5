import { serveTransfers, type CallSource, type Cause, type Dialler, type DialTarget, type Leg, type Transfers, type WantedTransfer } from "../call/index.ts";
import type { LiveCall, World } from "./model.ts";

/** How long whoever a call is transferred to may ring. */
const RINGS_MS = 40_000;

/** Lets the party of a leg of this call have itself replaced by somebody whom `dialler` calls, under the call's rules for that. */
export function allowTransfers(world: World, call: LiveCall, leg: Leg, dialler: () => Dialler): void {
  serveTransfers(leg, new CallTransfers(world, call, leg, dialler));
}

/** A class and no functions around variables: every leg has one, and hardly any leg is transferred. */
class CallTransfers implements Transfers {
  readonly #world: World;
  readonly #call: LiveCall;
  readonly #leg: Leg;
  readonly #dialler: () => Dialler;

  constructor(world: World, call: LiveCall, leg: Leg, dialler: () => Dialler) {
    this.#world = world;
    this.#call = call;
    this.#leg = leg;
    this.#dialler = dialler;
  }

  refer({ target, from, attended }: WantedTransfer): ReturnType<Transfers["refer"]> {
    const { guard, ids } = this.#world;
    this.#note("transfer.requested", { attended, ...(attended ? {} : { to: masked(target) }) });
    const refusal = attended ? undefined : guard.referRefusal(this.#call.facts.appid, target);
    if (refusal) {
      this.#note("transfer.finished", { transferred: false, ...refusal });
      return 403;
    }
    return (own) => this.#dialler().dial({ target, from, timeoutMs: RINGS_MS, legId: ids.uuid(), ...own }, this.#leg.signal);
  }

  finished(_: WantedTransfer, cause: Cause | undefined): void {
    this.#note("transfer.finished", cause ? { transferred: false, ...cause } : { transferred: true });
  }

  replaced(by: CallSource): void {
    this.#note("leg.replaced", { by: by.type });
  }

  #note(type: string, data: Readonly<Record<string, unknown>>): void {
    this.#call.timeline.add({ type, legId: this.#leg.id, data });
  }
}

/** Enough of a destination to recognise it by whoever knows it. */
function masked(target: DialTarget): string {
  const text = target.type === "number" ? target.number : target.type === "user" ? target.user : target.uri;
  return "*".repeat(Math.max(0, text.length - 3)) + text.slice(-3);
}
