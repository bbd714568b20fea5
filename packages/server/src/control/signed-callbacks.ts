import type { CallbackPort } from "../interpreter/index.ts";
import { signatureHeaders } from "../outbox/index.ts";
import { commit } from "./commit.ts";
import { digitsEvent } from "./events.ts";
import type { LegFacts, ToldCall, World } from "./model.ts";
import { appOf } from "./settings.ts";

/** What a flow asks of its app's server, signed as webhooks are. */
export function signedCallbacks(world: Pick<World, "apps" | "callbacks" | "clock">, appid: string): CallbackPort {
  const secrets = appOf(world, appid)?.webhook_secrets ?? [];
  const headersOf = (raw: string) => signatureHeaders(secrets, raw, world.clock.now());
  return { post: (url, body, signal) => world.callbacks.post(url, body, signal, { headersOf }) };
}

/** The same for the digits of a leg's flow, which have an `event_id` and their place among the call's events, too. */
export function digitCallbacks(world: World, call: ToldCall, leg: LegFacts): CallbackPort {
  return {
    post(url, digits, signal) {
      const { body, events } = digitsEvent(world, call, leg, digits);
      commit(world, events, async () => undefined);
      return signedCallbacks(world, call.facts.appid).post(url, body, signal);
    },
  };
}
