import type { CallbackPort } from "../interpreter/index.ts";
import { signatureHeaders } from "../outbox/index.ts";
import type { World } from "./model.ts";
import { appOf } from "./settings.ts";

/** What a flow asks of its app's server, signed as webhooks are. */
export function signedCallbacks(world: Pick<World, "apps" | "callbacks" | "clock">, appid: string): CallbackPort {
  const secrets = appOf(world, appid)?.webhook_secrets ?? [];
  const headersOf = (raw: string) => signatureHeaders(secrets, raw, world.clock.now());
  return { post: (url, body, signal) => world.callbacks.post(url, body, signal, { headersOf }) };
}
