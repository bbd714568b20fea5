import type { SipAddress } from "../address.ts";
import { param } from "../message/params.ts";
import { parseSipUri } from "../message/uri.ts";
import { isPrivate } from "../transport/private-address.ts";
import type { DialogContext } from "./context.ts";
import { nextHopInside } from "./dialog-state.ts";

/** Where a request of this dialog goes: along the routes, else to the peer's target. */
export async function destinationsOf(
  { core, flow, state, direct }: Pick<DialogContext, "core" | "flow" | "state" | "direct">,
): Promise<readonly SipAddress[]> {
  // RFC 7118 §5.4: a browser is reached over the connection it opened, and on no other way.
  if (state.routeSet.length === 0 && (flow.transport === "ws" || flow.transport === "wss")) return [flow];
  const targets = await core.locator.ofUri(nextHopInside(state));
  const [located] = targets;
  if (state.routeSet.length > 0) return targets;
  // RFC 5626 §4.3: with `ob` the peer asks for the flow it is on; that is all it can be reached by.
  if (param(parseSipUri(state.remoteTarget)?.params ?? [], "ob") !== undefined) return [flow, ...targets];
  if (!located || !core.network.transportTo(located)) return [flow];
  // The connection the peer opened is the one it can be reached on (RFC 5923).
  if (located.transport !== "udp" && flow.transport === located.transport) {
    // An address is in few certificates: what has been verified by its name goes on being used.
    if (located.host === flow.host || (flow.name !== undefined && located.name === undefined)) return [flow];
  }
  // Deviation: RFC 3261 §12.2.1.1 wants the Contact; a private address seen from outside leads nowhere, the flow does.
  return located.host !== flow.host && isPrivate(located.host) && (direct || !isPrivate(flow.host)) ? [flow] : targets;
}
