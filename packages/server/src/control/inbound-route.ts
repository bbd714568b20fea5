import type { Action } from "@piopiy/pcmo";
import type { FlowSource } from "./answer-url.ts";
import type { World } from "./model.ts";
import { appOf, plainNumber } from "./settings.ts";

/** What becomes of a call to a number. `appid` is empty where the call is no app's. */
export type InboundRoute =
  | { readonly type: "flow"; readonly appid: string; readonly flow: readonly Action[] }
  | { readonly type: "answer_url"; readonly appid: string; readonly source: FlowSource }
  | { readonly type: "unknown"; readonly appid: string };

/** How long a phone rings before its caller is told that nobody answers. */
const PHONE_RINGS_S = 40;

/**
 * A configured number performs its own flow or asks its answer URL, else the app's. A phone's number or user name
 * rings the phone. Numbers come first: whoever configures one means it.
 */
export function routeOf(world: World, to: string, from: string): InboundRoute {
  const digits = plainNumber(to);
  const number = world.numbers.find((candidate) => plainNumber(candidate.number) === digits);
  if (number) {
    const appid = number.app ?? onlyApp(world);
    if (number.pcmo) return { type: "flow", appid, flow: number.pcmo };
    const app = appOf(world, appid);
    const url = number.answer_url ?? app?.answer_url;
    if (url === undefined) return { type: "unknown", appid };
    const fallbackFlow = number.fallback_pcmo ?? app?.fallback_pcmo;
    return { type: "answer_url", appid, source: { url, fallbackUrl: number.fallback_url ?? app?.fallback_url, fallbackFlow } };
  }
  const appid = onlyApp(world);
  const phone = world.phones.find(({ username, number }) => username === to || (number !== undefined && plainNumber(number) === digits));
  return phone ? { type: "flow", appid, flow: [ringing(phone.username, from)] } : { type: "unknown", appid };
}

/** Calls between phones belong to the app where there is but one; among several they would be somebody else's. */
function onlyApp({ apps }: World): string {
  const [app] = apps;
  return apps.length === 1 && app ? app.appid : "";
}

function ringing(user: string, from: string): Action {
  return {
    action: "connect", connect: [{ type: "sip", user }], from, duration: 5400, timeout: PHONE_RINGS_S, loop: 1, ring_type: "single", record: false,
  };
}
