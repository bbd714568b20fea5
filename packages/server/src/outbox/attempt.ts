import { abortable, type Clock, PiopiyError, scope } from "../base/index.ts";
import type { AttemptResult, EventRow } from "../store/index.ts";
import { signatureHeaders, type WebhookSecrets } from "./signature.ts";

/** POSTs JSON; any HTTP status is a reply. `headersOf` gets the bytes as they are sent. Redirects are not followed. */
export type PostWebhook = (
  url: string,
  body: unknown,
  signal: AbortSignal,
  options: { readonly headersOf: (raw: string) => Readonly<Record<string, string>>; readonly statusOnly: boolean },
) => Promise<{ readonly status: number }>;

export interface Attempting {
  readonly clock: Clock;
  readonly post: PostWebhook;
  /** The secrets of an app; undefined for an app that is not configured any more. */
  readonly secretsOf: (appid: string) => WebhookSecrets | undefined;
  /** How long after a failed attempt the next one is made, attempt by attempt; then it is given up. */
  readonly retryAfterMs: readonly number[];
  /** How long one attempt may take. */
  readonly timeoutMs: number;
}

/** Tries once to deliver an event. `undefined`: `signal` aborted, which counts as no attempt. */
export async function attempt(event: EventRow, attempting: Attempting, signal: AbortSignal): Promise<AttemptResult | undefined> {
  const { clock } = attempting;
  const startMs = clock.monotonicMs();
  const at_ms = clock.now();
  const reply = await answerTo(event, attempting, signal);
  if (signal.aborted && "error" in reply) return undefined;
  const duration_ms = Math.round(clock.monotonicMs() - startMs);
  const http = "http" in reply ? reply.http : null;
  const error = "error" in reply ? reply.error : null;
  const delivery = { at_ms, duration_ms, http, error };
  if (http !== null && http >= 200 && http < 300) return { delivery, state: "delivered", next_attempt_ms: null };
  const waitMs = error === UNKNOWN_APP ? undefined : attempting.retryAfterMs[event.attempts];
  if (waitMs === undefined) return { delivery, state: "given_up", next_attempt_ms: null };
  return { delivery, state: "pending", next_attempt_ms: at_ms + duration_ms + waitMs };
}

const UNKNOWN_APP = "unknown_app";

async function answerTo(
  event: EventRow,
  { clock, post, secretsOf, timeoutMs }: Attempting,
  signal: AbortSignal,
): Promise<{ readonly http: number } | { readonly error: string }> {
  const secrets = secretsOf(event.appid);
  if (!secrets) return { error: UNKNOWN_APP };
  using limit = scope(signal);
  const timer = clock.setTimer(timeoutMs, () => limit.close(new PiopiyError("fetch_failed", "The receiver is too slow.")));
  limit.onClose(() => timer.cancel());
  const headersOf = (raw: string) => ({ "piopiy-event-id": event.event_id, ...signatureHeaders(secrets, raw, clock.now()) });
  try {
    const body: unknown = JSON.parse(event.body);
    const { status } = await abortable(post(event.url ?? "", body, limit.signal, { headersOf, statusOnly: true }), limit.signal);
    return { http: status };
  } catch (failure) {
    return { error: failure instanceof PiopiyError ? failure.code : "fetch_failed" };
  }
}
