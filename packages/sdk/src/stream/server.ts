import { createServer, STATUS_CODES, type IncomingMessage, type Server } from "node:http";
import type { Duplex } from "node:stream";
import { streamProtocol } from "@piopiy/pcmo";
import { WebSocketServer } from "ws";
import { systemClock } from "../base/clock.ts";
import { openConnection } from "./connection.ts";
import { configure, type StreamServerConfig, type StreamServerOptions } from "./options.ts";
import { createReception, type Reception } from "./reception.ts";
import { deferred } from "./turns.ts";
import { isSigned } from "./verify.ts";

/** A server that calls are streamed to. */
export interface StreamServer {
  /** Resolves when it listens; rejects when it cannot. */
  readonly ready: Promise<void>;
  /** The port it listens on; 0 until it is ready. */
  readonly port: number;
  /** Its address, for the `ws_url` of a stream on this machine; "" until it is ready. */
  readonly url: string;
  /**
   * Ends every session and listens no more. `restart`: the servers are told that another process takes over at this
   * address, and come back to it with their streams (`session.resumed`).
   */
  close(options?: { readonly restart?: boolean | undefined }): Promise<void>;
}

/** The largest message a server sends is far below this. */
const maxMessageBytes = 1 << 20;

/** Opens a server for bots: each stream that comes is a session, handed to `onCall`. Throws PiopiyValidationError. */
export function createStreamServer(options: StreamServerOptions): StreamServer {
  const config = configure(options);
  const http = config.server ?? createServer((_, response) => void response.writeHead(426, { upgrade: "websocket" }).end());
  const sockets = new WebSocketServer({
    noServer: true, maxPayload: maxMessageBytes, perMessageDeflate: false, clientTracking: false,
    handleProtocols: (offered) => (offered.has(streamProtocol) ? streamProtocol : false),
  });
  const reception = createReception(config, systemClock);
  const onUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on("error", () => socket.destroy());
    admission(request, config, reception, http).then(
      (status) => {
        if (status === undefined) return;
        if (status !== 101) return refuse(socket, status);
        return sockets.handleUpgrade(request, socket, head, (webSocket) => reception.admit(openConnection(webSocket, systemClock), request));
      },
      (error: unknown) => {
        refuse(socket, 500);
        config.onError(error, undefined);
      },
    );
  };
  http.on("upgrade", onUpgrade);
  return serverOn(http, config, async (code) => {
    http.off("upgrade", onUpgrade);
    await reception.close(code);
  });
}

/** The status of the answer; undefined when it is for somebody else to answer. */
async function admission(request: IncomingMessage, { path, secrets, toleranceSeconds }: StreamServerConfig, reception: Reception, http: Server): Promise<number | undefined> {
  if (!isBelow(request.url ?? "/", path)) return http.listenerCount("upgrade") > 1 ? undefined : 404;
  if (secrets && !(await isSigned(request, secrets, toleranceSeconds))) return 401;
  return reception.takes(request) ? 101 : 410;
}

function isBelow(url: string, path: string | undefined): boolean {
  if (path === undefined) return true;
  const asked = url.split("?", 1)[0] ?? "";
  return asked === path || asked.startsWith(path.endsWith("/") ? path : `${path}/`);
}

function refuse(socket: Duplex, status: number): void {
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}

function serverOn(http: Server, config: StreamServerConfig, closeSessions: (code: number) => Promise<void>): StreamServer {
  const { promise: ready, resolve, reject } = deferred<void>();
  const own = config.server === undefined;
  let closed: Promise<void> | undefined;
  const portOf = () => {
    const address = http.address();
    return typeof address === "object" && address ? address.port : 0;
  };
  if (http.listening) resolve();
  else http.once("listening", () => resolve());
  // Whoever does not wait for `ready` is told as well. Later errors of another's server are for its owner.
  const failed = (error: Error) => {
    reject(error);
    config.onError(error, undefined);
  };
  if (own) http.on("error", failed);
  else if (!http.listening) {
    http.once("error", failed);
    ready.then(() => http.off("error", failed), () => undefined);
  }
  ready.then(() => undefined, () => undefined);
  if (own) http.listen(config.port, config.host);
  const shut = () => new Promise<void>((done) => {
    http.close(() => done());
    http.closeAllConnections();
  });
  return {
    ready,
    get port() {
      return portOf();
    },
    get url() {
      const port = portOf();
      return port === 0 ? "" : `ws://${config.host === undefined || /^(?:0\.0\.0\.0|::)$/.test(config.host) ? "127.0.0.1" : hostOf(config.host)}:${port}${config.path ?? "/"}`;
    },
    close({ restart = false } = {}) {
      // RFC 6455 §7.4.1: 1001, going away. 1012 is registered with IANA as "service restart".
      closed ??= closeSessions(restart ? 1012 : 1001).then(() => (own ? shut() : undefined));
      return closed;
    },
  };
}

const hostOf = (host: string) => (host.includes(":") ? `[${host}]` : host);
