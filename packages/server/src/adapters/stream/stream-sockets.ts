import { lookup } from "node:dns/promises";
import type { WebSocket } from "ws";
import { PiopiyError, randomIds, scope, type Ids, type Scope } from "../../base/index.ts";
import type { StreamPort } from "../../interpreter/index.ts";
import { addressPolicy } from "../address-policy.ts";
import type { HttpFetchOptions } from "../http-fetch.ts";
import { createMessageDecoder } from "../message-decoder.ts";
import { connect, type ConnectOptions } from "./connect.ts";
import { openLasting, type LastingParts } from "./reconnect-stream.ts";

/** As for HTTP: which addresses may be reached. */
export interface StreamSocketsOptions extends HttpFetchOptions {
  readonly ids?: Ids;
  /** For everything until the socket is open; 10 s unless given. A bot with a standby has half of it, the standby the rest. */
  readonly connectTimeoutMs?: number;
  /** The largest message that a bot may send; 2 MB unless given. A larger one closes the socket with 1009. */
  readonly maxFrameBytes?: number;
}

/** Sums are since the start. */
export interface StreamStatistics {
  /** Sockets that are open. */
  readonly open: number;
  /** Connections that were lost and taken up again. */
  readonly resumed: number;
  /** Of streams that are over: what their bots were not sent, because they did not read or were away. */
  readonly unsentMs: number;
}

/** Sockets to bots, dialled by the server. */
export interface StreamSockets {
  readonly port: StreamPort;
  /** Sockets that are open. */
  readonly open: number;
  statistics(): StreamStatistics;
  /** Ends what is open. */
  close(): Promise<void>;
}

export function createStreamSockets(options: StreamSocketsOptions): StreamSockets {
  const { clock, ids = randomIds, connectTimeoutMs = 10_000, maxFrameBytes = 2 << 20 } = options;
  const resolve = options.resolve ?? ((host) => lookup(host, { all: true, verbatim: true }));
  const connecting: ConnectOptions = { policy: addressPolicy(options), resolve, clock, maxFrameBytes };
  // One of their own: what a bot says does not wait for the long files of others.
  const decoder = createMessageDecoder(clock);
  const sockets = new Set<WebSocket>();
  const streams = new Set<Scope>();
  let [resumed, unsentMs] = [0, 0];
  const parts: Omit<LastingParts, "decode"> = {
    clock, ids, connectTimeoutMs,
    messageBytes: maxFrameBytes,
    resumed: () => void (resumed += 1),
    connect: (dialled, begin, signal) => connect(dialled, connecting, (socket, selected) => {
      sockets.add(socket);
      socket.once("close", () => sockets.delete(socket));
      return begin(socket, selected);
    }, signal),
  };
  const port: StreamPort = {
    async open(request, line, signal) {
      const life = scope(signal);
      streams.add(life);
      const over = () => {
        streams.delete(life);
        life.close();
      };
      try {
        const { ended } = await openLasting(request, line, { ...parts, decode: decoder.forBot() }, life.signal);
        return { ended: ended.then((end) => ((unsentMs += end.totals.unsentMs), end)).finally(over) };
      } catch (failure) {
        over();
        throw failure;
      }
    },
  };
  return {
    port,
    get open() {
      return sockets.size;
    },
    statistics: () => ({ open: sockets.size, resumed, unsentMs }),
    async close() {
      const closed = Array.from(sockets, (socket) => new Promise((done) => socket.once("close", done)));
      // What is away does not come back.
      for (const stream of streams) stream.close(new PiopiyError("draining"));
      for (const socket of sockets) socket.terminate();
      await Promise.all(closed);
      await decoder.close();
    },
  };
}
