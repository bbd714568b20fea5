import { lookup } from "node:dns/promises";
import type { WebSocket } from "ws";
import type { StreamPort } from "../../interpreter/index.ts";
import { addressPolicy } from "../address-policy.ts";
import { createAudioDecoder } from "../audio-decoder.ts";
import type { HttpFetchOptions } from "../http-fetch.ts";
import { createBotStream } from "./bot-stream.ts";
import { compatibleDialect } from "./compatible.ts";
import { connect, type ConnectOptions } from "./connect.ts";

/** As for HTTP: which addresses may be reached. */
export interface StreamSocketsOptions extends HttpFetchOptions {
  /** For everything until the socket is open; 10 s unless given. */
  readonly connectTimeoutMs?: number;
  /** The largest message that a bot may send; 2 MB unless given. A larger one closes the socket with 1009. */
  readonly maxFrameBytes?: number;
}

/** Sockets to bots, dialled by the server. */
export interface StreamSockets {
  readonly port: StreamPort;
  /** Sockets that are open. */
  readonly open: number;
  /** Ends what is open. */
  close(): Promise<void>;
}

export function createStreamSockets(options: StreamSocketsOptions): StreamSockets {
  const { clock, connectTimeoutMs = 10_000, maxFrameBytes = 2 << 20 } = options;
  const resolve = options.resolve ?? ((host) => lookup(host, { all: true, verbatim: true }));
  const connecting: ConnectOptions = { policy: addressPolicy(options), resolve, clock, connectTimeoutMs, maxFrameBytes };
  // One of their own: what a bot says does not wait for the long files of others.
  const decoder = createAudioDecoder(clock);
  const sockets = new Set<WebSocket>();
  const keep = (socket: WebSocket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  };
  const port: StreamPort = {
    open(request, line, signal) {
      const decode = (bytes: Uint8Array, own: AbortSignal) => decoder.decode(bytes, own);
      const parts = { clock, dialect: compatibleDialect(request), decode, messageBytes: maxFrameBytes };
      const begin = (socket: WebSocket) => {
        keep(socket);
        const stream = createBotStream(request, line, parts, signal);
        return { ended: stream.attach(socket).then((how) => stream.close(how)) };
      };
      return connect(request.url, connecting, begin, signal);
    },
  };
  return {
    port,
    get open() {
      return sockets.size;
    },
    async close() {
      const closed = Array.from(sockets, (socket) => new Promise((done) => socket.once("close", done)));
      for (const socket of sockets) socket.terminate();
      await Promise.all(closed);
      await decoder.close();
    },
  };
}
