import { sleep, timedOut, within, type Clock } from "../base/clock.ts";
import type { Ids } from "../base/ids.ts";
import { PiopiyAbortedError, PiopiyError, PiopiyTimeoutError } from "../errors.ts";
import type { Config, Logger } from "../options.ts";
import { attempt, type Attempt, type Outgoing } from "./attempt.ts";
import { uncertain, type Reply } from "./reply.ts";

/** What a client keeps between its requests. */
export interface Transport {
  readonly config: Config;
  readonly clock: Clock;
  readonly ids: Ids;
  /** The server said, or the caller promised, that it honours `Idempotency-Key`. */
  honoursIdempotency: boolean;
}

/** One request of the API. */
export interface ApiRequest {
  readonly url: string;
  /** POSTed as JSON; without it the request is a GET. */
  readonly body?: Readonly<Record<string, unknown>>;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as `Idempotency-Key`, the same on every attempt. */
  readonly idempotencyKey?: string | undefined;
  /** Doing it twice is the same as doing it once, whatever the server is. */
  readonly repeatable: boolean;
  readonly signal?: AbortSignal | undefined;
  readonly secrets: readonly string[];
}

/** Sends a request, retrying where that cannot carry it out twice. Resolves with a success; rejects with a PiopiyError. */
export async function send(transport: Transport, request: ApiRequest): Promise<Reply> {
  const { config, clock } = transport;
  const outgoing: Outgoing = {
    url: request.url,
    headers: {
      ...config.headers,
      ...request.headers,
      ...(request.body === undefined ? {} : { "content-type": "application/json" }),
      ...(request.idempotencyKey === undefined ? {} : { "idempotency-key": request.idempotencyKey }),
    },
    ...(request.body === undefined ? {} : { body: JSON.stringify(request.body) }),
    secrets: request.secrets,
  };
  if (request.signal?.aborted) {
    throw new PiopiyAbortedError("The signal had aborted before; nothing was sent.", { cause: request.signal.reason });
  }
  let reply: Reply | typeof timedOut;
  try {
    reply = await within(clock, config.deadlineMs, request.signal, (signal) => attempts(transport, request, outgoing, signal));
  } catch (failure) {
    if (failure instanceof PiopiyError || !request.signal?.aborted) throw failure;
    throw new PiopiyAbortedError(`The signal aborted the request. ${uncertain}`, { cause: failure });
  }
  if (reply === timedOut) throw new PiopiyTimeoutError(`No reply within ${config.deadlineMs} ms (deadlineMs). ${uncertain}`);
  return reply;
}

async function attempts(transport: Transport, request: ApiRequest, outgoing: Outgoing, signal: AbortSignal): Promise<Reply> {
  const { config, clock } = transport;
  const endMs = clock.monotonicMs() + config.deadlineMs;
  for (let count = 0; ; count++) {
    const startMs = clock.monotonicMs();
    const result = await attempt(config, clock, outgoing, signal);
    // Only a self-hosted server can say so: a header from the hosted service or a proxy before it proves nothing.
    if (config.baseUrl !== undefined && result.reply?.honoursIdempotency) transport.honoursIdempotency = true;
    report(config.logger, outgoing, count, clock.monotonicMs() - startMs, result);
    if (result.ok) return result.reply;
    const delayMs = backoffMs(transport.ids.fraction(), count, result.reply?.retryAfterMs);
    const inTime = clock.monotonicMs() + delayMs < endMs;
    if (count >= config.maxRetries || !mayRetry(transport, request, result.taken) || !inTime) throw result.error;
    tell(() => config.logger?.debug("piopiy: waiting before the next attempt", { delayMs: Math.round(delayMs) }));
    await sleep(clock, delayMs, signal);
  }
}

/** Whether asking again cannot carry the request out twice. */
function mayRetry(transport: Transport, request: ApiRequest, taken: "no" | "unknown" | "final"): boolean {
  if (taken !== "unknown") return taken === "no";
  return request.repeatable || (request.idempotencyKey !== undefined && transport.honoursIdempotency);
}

/** Doubles from 500 ms to at most 8 s, half of it random so that clients do not return together; never before `Retry-After`. */
function backoffMs(fraction: number, count: number, retryAfterMs = 0): number {
  const ceilingMs = Math.min(8000, 500 * 2 ** count);
  return Math.max(retryAfterMs, ceilingMs / 2) + (ceilingMs / 2) * fraction;
}

function report(logger: Logger | undefined, outgoing: Outgoing, count: number, elapsedMs: number, result: Attempt): void {
  if (!logger) return;
  const attributes = {
    path: new URL(outgoing.url).pathname,
    attempt: count + 1,
    elapsedMs: Math.round(elapsedMs),
    status: result.reply?.status,
  };
  tell(() => {
    if (result.ok) logger.debug("piopiy: request succeeded", attributes);
    else logger.warn("piopiy: request failed", { ...attributes, code: result.error.code });
  });
}

/** A logger that throws must not turn a call that was placed into an error. */
function tell(write: () => void): void {
  try {
    write();
  } catch {
    // Its failure is its own.
  }
}
