import { WebSocket } from "ws";
import { PiopiyError, scope, type Clock } from "../../base/index.ts";
import type { AddressPolicy } from "../address-policy.ts";
import { lookupOf, type Resolved } from "../http-exchange.ts";
import { permitted } from "../http-fetch.ts";
import { signedTarget, type Signing } from "./signature.ts";
import { whyNotConnected } from "./connect-failure.ts";

export interface ConnectOptions {
  readonly policy: AddressPolicy;
  readonly resolve: (host: string) => Promise<readonly Resolved[]>;
  readonly clock: Clock;
  readonly maxFrameBytes: number;
}

/** One connection that is to be made. */
export interface Dialled extends Signing {
  readonly url: string;
  /** Of the upgrade request, beside those that it has anyway. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Offered to the bot, which may leave it. */
  readonly subProtocol?: string;
  /** For the name lookup, the connection, TLS and the upgrade together. */
  readonly timeoutMs: number;
}

/** What becomes of a socket in the moment in which it is open. `selected`: the bot has taken the sub-protocol. */
export type Begin<T> = (socket: WebSocket, selected: boolean) => T;

/**
 * Opens a WebSocket to an address that the server may reach: it is looked up once, and connected to as it was then.
 * Redirections are not followed. `begin` is called at the moment in which the socket is open, before anything can
 * arrive. Fails with `fetch_refused` and `stream_failed`; rejects with the signal's reason when that aborts.
 */
export async function connect<T>(dialled: Dialled, options: ConnectOptions, begin: Begin<T>, signal: AbortSignal): Promise<T> {
  const { policy, resolve, clock } = options;
  using within = scope(signal);
  const late = new PiopiyError("stream_failed", `The bot did not take the connection within ${dialled.timeoutMs} ms.`);
  const timer = clock.setTimer(dialled.timeoutMs, () => within.close(late));
  try {
    const target = parsedUrl(dialled.url);
    const addresses = await permitted(target, policy, resolve, within.signal);
    return await open(target, dialled, { addresses, maxFrameBytes: options.maxFrameBytes }, begin, within.signal);
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

interface Reached {
  readonly addresses: readonly Resolved[];
  readonly maxFrameBytes: number;
}

function open<T>(target: URL, dialled: Dialled, reached: Reached, begin: Begin<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const { socket, selected } = dial(target, dialled, reached);
    const aborted = () => {
      reject(signal.reason);
      socket.terminate();
    };
    signal.addEventListener("abort", aborted, { once: true });
    const refused = (failure: Error) => {
      signal.removeEventListener("abort", aborted);
      reject(failed(`The bot could not be connected to: ${whyNotConnected(failure)}.`, failure));
    };
    socket.on("error", refused);
    socket.once("open", () => {
      signal.removeEventListener("abort", aborted);
      socket.off("error", refused);
      resolve(begin(socket, selected()));
    });
    return undefined;
  });
}

function dial(target: URL, { subProtocol, headers = {}, ...signing }: Dialled, { addresses, maxFrameBytes }: Reached) {
  const signed = signedTarget(target, signing);
  const socket = new WebSocket(signed.url, subProtocol === undefined ? [] : [subProtocol], {
    headers: { ...headers, ...signed.headers },
    lookup: lookupOf(addresses),
    maxPayload: maxFrameBytes,
    // Compression would cost more than the bandwidth it saves on a voice that is hardly compressible.
    perMessageDeflate: false,
    followRedirects: false,
  });
  let selected = false;
  socket.once("upgrade", (response) => {
    const { "sec-websocket-protocol": answered } = response.headers;
    selected = answered !== undefined && answered === subProtocol;
    // RFC 6455 §4.2.2: a server may leave the sub-protocol that is offered, and the connection stands all the same. The
    // library refuses that; it is told what it wants to hear.
    if (answered === undefined && subProtocol !== undefined) response.headers["sec-websocket-protocol"] = subProtocol;
  });
  return { socket, selected: () => selected };
}

const failed = (message: string, cause: unknown) => new PiopiyError("stream_failed", message, { cause });
