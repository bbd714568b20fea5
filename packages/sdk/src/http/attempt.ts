import { timedOut, within, type Clock } from "../base/clock.ts";
import { PiopiyConnectionError, PiopiyTimeoutError, type PiopiyError } from "../errors.ts";
import type { Config } from "../options.ts";
import { failureOf, readReply, uncertain, type Reply } from "./reply.ts";

/** A request as it is sent, the same on every attempt. */
export interface Outgoing {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** POSTed; without it the request is a GET. */
  readonly body?: string;
  /** What may not stand in an error's message. */
  readonly secrets: readonly string[];
}

/**
 * How one attempt ended. `taken` says what the server did with a request that failed: `no` (it cannot have been
 * carried out), `unknown`, or `final` (the server decided; asking again gives the same answer).
 */
export type Attempt =
  | { readonly ok: true; readonly reply: Reply }
  | {
      readonly ok: false;
      readonly error: PiopiyError;
      readonly taken: "no" | "unknown" | "final";
      readonly reply?: Reply;
    };

/** Sends once, within `timeoutMs`. Rejects only when `signal` aborts. */
export async function attempt(config: Config, clock: Clock, request: Outgoing, signal: AbortSignal): Promise<Attempt> {
  const { url, headers, body } = request;
  const sent = body === undefined ? ({ method: "GET" } as const) : ({ method: "POST", body } as const);
  try {
    const reply = await within(clock, config.timeoutMs, signal, async (signal) =>
      readReply(await config.fetch(url, { ...sent, headers: { ...headers }, signal, redirect: "manual" }), clock),
    );
    if (reply === timedOut) {
      const error = new PiopiyTimeoutError(`No reply within ${config.timeoutMs} ms (timeoutMs). ${uncertain}`);
      return { ok: false, error, taken: "unknown" };
    }
    const error = failureOf(reply, request.secrets);
    return error ? { ok: false, error, taken: takenBy(error), reply } : { ok: true, reply };
  } catch (failure) {
    signal.throwIfAborted();
    return unreachable(failure);
  }
}

function takenBy(error: PiopiyError): "no" | "unknown" | "final" {
  if (error.status === 429 || error.status === 503) return "no";
  // 501 and 505 say that the server will never do this.
  return error.code === "server" && error.status !== 501 && error.status !== 505 ? "unknown" : "final";
}

/** Codes of a connection that was never made, of Node and of Bun: no byte of the request can have been read. */
const neverConnected: ReadonlySet<unknown> = new Set([
  "ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "UND_ERR_CONNECT_TIMEOUT", "ConnectionRefused",
]);

function unreachable(failure: unknown): Attempt {
  if (isNeverConnected(failure)) {
    const error = new PiopiyConnectionError(
      "The server cannot be reached; nothing was sent. Check baseUrl (or PIOPIY_BASE_URL), and that the server runs.",
      { cause: failure },
    );
    return { ok: false, error, taken: "no" };
  }
  const error = new PiopiyConnectionError(`The connection broke before the reply. ${uncertain}`, { cause: failure });
  return { ok: false, error, taken: "unknown" };
}

/** `fetch` hides the reason in `cause`; when several addresses were tried, each reason is in `errors`. */
function isNeverConnected(failure: unknown, depth = 4): boolean {
  if (typeof failure !== "object" || failure === null || depth === 0) return false;
  if ("errors" in failure && Array.isArray(failure.errors) && failure.errors.length > 0) {
    return failure.errors.every((error: unknown) => isNeverConnected(error, depth - 1));
  }
  if ("code" in failure && neverConnected.has(failure.code)) return true;
  return "cause" in failure && isNeverConnected(failure.cause, depth - 1);
}
