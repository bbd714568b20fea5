import { once } from "node:events";
import { createServer as createHttp, type IncomingHttpHeaders } from "node:http";
import { createServer as createHttps } from "node:https";
import type { AddressInfo } from "node:net";
import { WebSocketServer, type WebSocket } from "ws";

// A bot of these tests that keeps how it was dialled, and may be told how to answer that.

export interface Taken {
  readonly socket: WebSocket;
  /** Path and query. */
  readonly target: string;
  readonly headers: IncomingHttpHeaders;
  readonly texts: readonly Readonly<Record<string, unknown>>[];
  readonly frames: readonly Uint8Array[];
  /** Resolves once a text of this type has come. */
  told(type: string): Promise<Readonly<Record<string, unknown>>>;
  readonly closed: Promise<number>;
}

export interface BotServer {
  readonly url: string;
  /** The next connection. */
  taken(): Promise<Taken>;
  /** Connections so far. */
  readonly count: number;
  close(): Promise<void>;
}

export interface BotServerOptions {
  /** Which of the sub-protocols is selected; none unless given. */
  readonly select?: (offered: ReadonlySet<string>) => string | false;
  readonly tls?: { readonly cert: string; readonly key: string };
  /** A port that was used before. */
  readonly port?: number;
}

export async function startBotServer({ select, tls, port = 0 }: BotServerOptions = {}): Promise<BotServer> {
  const web = tls ? createHttps(tls) : createHttp();
  // What is offered is selected by default: a server that knows of no sub-protocol selects none.
  const server = new WebSocketServer({ server: web, handleProtocols: select ?? (() => false) });
  const [taken, waiting]: [Taken[], ((one: Taken) => void)[]] = [[], []];
  let count = 0;
  server.on("connection", (socket, { url = "", headers }) => {
    const one = takenOf(socket, url, headers);
    count += 1;
    const next = waiting.shift();
    if (next) next(one);
    else taken.push(one);
  });
  web.on("tlsClientError", () => undefined);
  web.listen(port, "127.0.0.1");
  await once(web, "listening");
  const address: AddressInfo | string | null = web.address();
  return {
    url: `${tls ? "wss" : "ws"}://127.0.0.1:${typeof address === "object" && address ? address.port : 0}/bot`,
    taken() {
      const there = taken.shift();
      return there ? Promise.resolve(there) : new Promise((take) => waiting.push(take));
    },
    get count() {
      return count;
    },
    close: () => new Promise((done) => {
      for (const client of server.clients) client.terminate();
      server.close();
      web.close(() => done());
      web.closeAllConnections();
    }),
  };
}

function takenOf(socket: WebSocket, target: string, headers: IncomingHttpHeaders): Taken {
  const texts: Readonly<Record<string, unknown>>[] = [];
  const frames: Uint8Array[] = [];
  const watchers = new Set<() => void>();
  socket.on("message", (data: Buffer, isBinary) => {
    if (isBinary) frames.push(new Uint8Array(data));
    else texts.push(JSON.parse(data.toString()));
    for (const watch of watchers) watch();
  });
  socket.on("error", () => undefined);
  return {
    socket, target, headers, texts, frames,
    told: (type) => new Promise((tell) => {
      const watch = () => {
        const found = texts.find((text) => text["type"] === type);
        if (!found) return;
        watchers.delete(watch);
        tell(found);
      };
      watchers.add(watch);
      watch();
    }),
    closed: new Promise((closed) => socket.once("close", closed)),
  };
}
