import { WebSocket } from "ws";
import { PiopiyError, scope, type Clock } from "../../base/index.ts";
import type { AddressPolicy } from "../address-policy.ts";
import { lookupOf, type Resolved } from "../http-exchange.ts";
import { permitted } from "../http-fetch.ts";

export interface ConnectOptions {
  readonly policy: AddressPolicy;
  readonly resolve: (host: string) => Promise<readonly Resolved[]>;
  readonly clock: Clock;
  /** For the name lookup, the connection, TLS and the upgrade together. */
  readonly connectTimeoutMs: number;
  readonly maxFrameBytes: number;
}

/**
 * Opens a WebSocket to an address that the server may reach: it is looked up once, and connected to as it was then.
 * `begin` is called at the moment in which the socket is open, before anything can arrive. Fails with `fetch_refused`
 * and `stream_failed`; rejects with the signal's reason when that aborts.
 */
export async function connect<T>(url: string, options: ConnectOptions, begin: (socket: WebSocket) => T, signal: AbortSignal): Promise<T> {
  const { policy, resolve, clock, connectTimeoutMs } = options;
  using within = scope(signal);
  const late = new PiopiyError("stream_failed", `The bot did not take the connection within ${connectTimeoutMs} ms.`);
  const timer = clock.setTimer(connectTimeoutMs, () => within.close(late));
  try {
    const target = parsedUrl(url);
    const addresses = await permitted(target, policy, resolve, within.signal);
    return await open(target, addresses, options, begin, within.signal);
  } catch (failure) {
    throw failure instanceof PiopiyError && failure.code === "fetch_failed" ? failed(failure.message, failure) : failure;
  } finally {
    timer.cancel();
  }
}

function parsedUrl(url: string): URL {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed?.protocol === "ws:" || parsed?.protocol === "wss:") return parsed;
  throw new PiopiyError("fetch_refused", "The address is no ws or wss URL.");
}

function open<T>(
  url: URL, addresses: readonly Resolved[], { maxFrameBytes }: ConnectOptions, begin: (socket: WebSocket) => T, signal: AbortSignal,
): Promise<T> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    // Compression would cost more than the bandwidth it saves on a voice that is hardly compressible.
    const options = { lookup: lookupOf(addresses), maxPayload: maxFrameBytes, perMessageDeflate: false, followRedirects: false };
    const socket = new WebSocket(url, options);
    const aborted = () => {
      reject(signal.reason);
      socket.terminate();
    };
    signal.addEventListener("abort", aborted, { once: true });
    const refused = (failure: Error) => {
      signal.removeEventListener("abort", aborted);
      reject(failed(`The bot could not be connected to: ${whyOf(failure)}.`, failure));
    };
    socket.on("error", refused);
    socket.once("open", () => {
      signal.removeEventListener("abort", aborted);
      socket.off("error", refused);
      resolve(begin(socket));
    });
    return undefined;
  });
}

const failed = (message: string, cause: unknown) => new PiopiyError("stream_failed", message, { cause });

/** What tells enough without naming the address: an HTTP status, or the system's code. */
function whyOf(failure: Error): string {
  const [, status] = /^Unexpected server response: (\d{3})$/.exec(failure.message) ?? [];
  if (status !== undefined) return `it answered with HTTP ${status}`;
  return "code" in failure ? String(failure.code) : "it does not speak the WebSocket protocol";
}
