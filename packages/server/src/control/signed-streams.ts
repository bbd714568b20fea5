import type { StreamPort, StreamSpeech } from "../interpreter/index.ts";
import { signatureOf } from "../outbox/index.ts";
import type { CallFacts, World } from "./model.ts";
import { appOf, plainNumber } from "./settings.ts";

/**
 * Streams to an app's bots, signed with its secrets as webhooks are, so that a bot can know who dials it. They speak as
 * the call's number is configured to, where their action says nothing.
 */
export function signedStreams(world: Pick<World, "apps" | "clock" | "numbers" | "streams">, facts: CallFacts): StreamPort {
  return {
    open(request, line, signal) {
      const secrets = appOf(world, facts.appid)?.webhook_secrets ?? [];
      const sign = (target: string) => signatureOf(secrets, target, world.clock.now());
      const speaks = request.speaks ?? usualSpeech(world, facts);
      return world.streams.open({ ...request, sign, ...(speaks !== undefined && { speaks }) }, line, signal);
    },
  };
}

/** Of the number that is ours: the one that was called, or the one that a call is placed from. */
function usualSpeech({ numbers }: Pick<World, "numbers">, { direction, from, to }: CallFacts): StreamSpeech | undefined {
  const own = plainNumber(direction === "inbound" ? to : from);
  return numbers.find(({ number }) => plainNumber(number) === own)?.stream_dialect;
}
