import { createServer, type RequestListener, type Server, type ServerOptions } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { Socket } from "node:net";
import type { FastifyReply } from "fastify";
import { channels, type Listenable } from "../base/index.ts";

/** How long a client may take, and how many there may be. */
export interface HttpTimes {
  /** From the connection, or from the response before, until the headers are there. */
  readonly headersMs: number;
  /** Until the body is there, too. */
  readonly requestMs: number;
  /** Between requests. */
  readonly idleMs: number;
  /** How often it is looked whether one takes longer. */
  readonly checkMs: number;
}

export const DEFAULT_TIMES: HttpTimes = { headersMs: 10_000, requestMs: 30_000, idleMs: 60_000, checkMs: 5000 };

/** PEM. */
export interface HttpCertificate {
  readonly cert: string;
  readonly key: string;
}

/** Tells of another certificate, for connections from then on. */
export type Renewals = Listenable<{ renewed: HttpCertificate }>;

interface RenewedCertificate extends HttpCertificate {
  readonly renewals?: Renewals | undefined;
}

const MAX_CONNECTIONS = 4096;
const MAX_HEADER_BYTES = 16_384;
/** Connections of one address at a time: a quarter of all. */
const MAX_OF_ADDRESS = 1024;

/** An HTTP server, with TLS where there is a certificate, that gives up clients who take their time. */
export function createHttpServer(
  listener: RequestListener,
  times: HttpTimes,
  certificate: RenewedCertificate | undefined,
  maxOfAddress: number = MAX_OF_ADDRESS,
): Server {
  const options: ServerOptions = {
    headersTimeout: times.headersMs,
    requestTimeout: times.requestMs,
    keepAliveTimeout: times.idleMs,
    connectionsCheckingInterval: times.checkMs,
    maxHeaderSize: MAX_HEADER_BYTES,
  };
  const server = certificate ? createSecureServer(options, certificate, listener) : createServer(options, listener);
  server.maxConnections = MAX_CONNECTIONS;
  // Without a file handle left a connection cannot be taken: that is no reason to end.
  server.on("error", (failure) => channels.failure.publish({ layer: "api", failure }));
  server.on("connection", countedByAddress(maxOfAddress));
  return server;
}

function createSecureServer(
  options: ServerOptions,
  { cert, key, renewals }: RenewedCertificate,
  listener: RequestListener,
): Server {
  const secure = { minVersion: "TLSv1.2" } as const;
  const server = createTlsServer({ ...options, ...secure, cert, key }, listener);
  // Connections that are open go on as they are.
  const stop = renewals?.on("renewed", (renewed) => server.setSecureContext({ ...secure, ...renewed }));
  if (stop) server.once("close", stop);
  return server;
}

/** Closes what one address opens beyond its share, so that it does not take everybody's. */
function countedByAddress(most: number): (socket: Socket) => void {
  const counts = new Map<string, number>();
  return (socket) => {
    const { remoteAddress = "" } = socket;
    const count = (counts.get(remoteAddress) ?? 0) + 1;
    if (count > most) {
      socket.destroy();
      return;
    }
    counts.set(remoteAddress, count);
    socket.once("close", () => {
      const left = (counts.get(remoteAddress) ?? 1) - 1;
      if (left > 0) counts.set(remoteAddress, left);
      else counts.delete(remoteAddress);
    });
  };
}

const HEADERS = {
  // What is answered is for the program that asked: no browser shall guess what it is, keep it, show it in a frame, or
  // let another page read it.
  "x-content-type-options": "nosniff",
  "cache-control": "no-store",
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
} as const;

export function protect(reply: FastifyReply, encrypted: boolean): void {
  void reply.headers(HEADERS);
  // RFC 6797: who has once come by TLS shall not be led to come without.
  if (encrypted) void reply.header("strict-transport-security", "max-age=31536000");
}
