import { PiopiyError } from "../base/index.ts";
import type { Timeline } from "../interpreter/index.ts";
import { inBackground, within } from "./background.ts";
import type { CallFacts, WebhookKind, Webhooks, World } from "./model.ts";
import { appOf } from "./settings.ts";

interface Delivery {
  readonly kind: WebhookKind;
  readonly url: string;
  readonly body: Readonly<Record<string, unknown>>;
}

const QUEUE_LIMIT = 200;
const ATTEMPT_MS = 10_000;

export function webhooksOf(world: World, facts: Pick<CallFacts, "appid">, timeline: Timeline): Webhooks {
  const app = appOf(world, facts.appid);
  const urls = { event: app?.event_url, cdr: app?.cdr_url };
  const queue: Delivery[] = [];
  let working: Promise<void> = Promise.resolve();
  let busy = false;
  let sequence = 0;
  const drain = async () => {
    for (let next = queue.shift(); next; next = queue.shift()) await deliver(world, timeline, next);
    busy = false;
  };
  return {
    push(kind, body) {
      const url = urls[kind];
      if (url === undefined) return;
      // A receiver that hangs shall not fill the memory: what is newest is given up, and said so.
      if (queue.length >= QUEUE_LIMIT) {
        note(world, timeline, "dropped", kind, body);
        return;
      }
      queue.push({ kind, url, body });
      if (busy) return;
      busy = true;
      working = drain();
      inBackground(working);
    },
    next: () => (sequence += 1),
    idle: () => working,
  };
}

async function deliver(world: World, timeline: Timeline, { kind, url, body }: Delivery): Promise<void> {
  try {
    const { status } = await within(world.clock, ATTEMPT_MS, undefined, (signal) => world.callbacks.post(url, body, signal));
    note(world, timeline, status >= 200 && status < 300 ? "delivered" : "failed", kind, body, { http: status });
  } catch (failure) {
    note(world, timeline, "failed", kind, body, { code: failure instanceof PiopiyError ? failure.code : "fetch_failed" });
  }
}

/** The address stays off the timeline: receivers put their tokens into it. */
function note(
  { registry }: World,
  timeline: Timeline,
  outcome: "delivered" | "failed" | "dropped",
  webhook: WebhookKind,
  body: Readonly<Record<string, unknown>>,
  more: Readonly<Record<string, unknown>> = {},
): void {
  registry.count("webhook", outcome);
  const { leg, status, event_id } = body;
  timeline.add({ type: `webhook.${outcome}`, data: { webhook, leg, status, event_id, ...more } });
}
