import { createServer, type IncomingMessage } from "node:http";
import { createServer as createSecureServer } from "node:https";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { type WebSocket, WebSocketServer } from "ws";
import { channels, PiopiyError, unmapped } from "../../base/index.ts";
import type { SipAddress } from "../address.ts";
import { LIMITS } from "../message/parse.ts";
import { type ConnectionLimits, createConnections } from "./connection.ts";
import { listening, remoteAddress } from "./stream-transport.ts";
import type { TlsSettings } from "./tls.ts";
import { type OpenTransport, type Transport } from "./transport.ts";
import { createWebSocketConnection } from "./web-socket-connection.ts";

export interface WebSocketSettings {
  /** The path it is served at; any when absent. */
  readonly path?: string | undefined;
  /** Origins of web pages that may connect, `https://phone.example.com`; any when absent. What is no browser sends none. */
  readonly origins?: readonly string[] | undefined;
  readonly limits?: ConnectionLimits;
}

/** An upgrade that takes longer leads nowhere. */
const UPGRADE_MS = 10_000;

/**
 * SIP over WebSocket (RFC 7118), for browsers: they dial, and everything for them goes over the connection they opened
 * (§5.4). With a certificate it is `wss`.
 */
export const openWebSocket = (
  settings: WebSocketSettings = {}, { certificate, renewals }: Pick<TlsSettings, "certificate" | "renewals"> = {},
): OpenTransport => async (address, receive, clock) => {
  if (address.transport === "wss" && !certificate) throw new PiopiyError("bad_configuration", "SIP over secure WebSocket needs a certificate.");
  const server = certificate ? secureServer(certificate, renewals) : createServer(notHere);
  server.headersTimeout = UPGRADE_MS;
  const upgrades = new WebSocketServer({
    noServer: true, maxPayload: LIMITS.messageBytes, perMessageDeflate: false, clientTracking: false, handleProtocols: () => "sip",
  });
  const connections = createConnections(settings.limits);
  const bare = new Set<Socket>();
  await listening(server, address);
  const bound = server.address();
  const transport: Transport = {
    address: { ...address, port: typeof bound === "object" && bound ? bound.port : address.port },
    reliable: true,
    events: connections.events,
    // RFC 7118 §5: "the WebSocket Server … cannot open a connection": who has none cannot be reached.
    send: async (bytes, to) => (await connections.to(to)).write(bytes),
    async close() {
      const closed = new Promise<void>((resolve) => void server.close(() => resolve()));
      await connections.closeAll();
      for (const socket of bare) socket.destroy();
      await closed;
    },
  };
  const accept = (socket: WebSocket, remote: SipAddress) =>
    connections.keep(remote, createWebSocketConnection(socket, clock, (bytes) => receive(bytes, remote, transport)));
  server.on("connection", (socket: Socket) => {
    bare.add(socket);
    socket.once("close", () => bare.delete(socket));
  });
  server.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    const wrong = refusalOf(settings, request);
    const leave = wrong === undefined ? connections.enter(unmapped(request.socket.remoteAddress ?? "")) : undefined;
    if (leave) socket.once("close", leave);
    const refusal = wrong ?? (leave ? undefined : 503);
    if (refusal !== undefined) socket.end(`HTTP/1.1 ${refusal} Refused\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
    else upgrades.handleUpgrade(request, socket, head, (opened) => accept(opened, remoteAddress(address.transport, request.socket)));
  });
  server.on("error", (failure) => channels.failure.publish({ layer: "sip", failure: failure.message }));
  return transport;
};

function secureServer(certificate: NonNullable<TlsSettings["certificate"]>, renewals: TlsSettings["renewals"]) {
  const server = createSecureServer({ ...certificate }, notHere);
  const stop = renewals?.on("renewed", (renewed) => renewed.certificate && server.setSecureContext({ ...renewed.certificate }));
  if (stop) server.once("close", stop);
  return server;
}

/** The HTTP status of a handshake that is not wanted. */
function refusalOf({ path, origins }: WebSocketSettings, { url, headers }: IncomingMessage): number | undefined {
  if (path !== undefined && url?.split("?", 1)[0] !== path) return 404;
  // RFC 6455 §10.2: a page of somebody else's must not use what its visitor may reach.
  if (origins && headers.origin !== undefined && !origins.includes(headers.origin)) return 403;
  // RFC 7118 §4.1: "the client MUST include the value "sip"".
  const protocols = (headers["sec-websocket-protocol"] ?? "").split(",").map((protocol) => protocol.trim());
  return protocols.includes("sip") ? undefined : 400;
}

/** Whatever is no handshake. */
const notHere = (_: IncomingMessage, response: { writeHead(status: number, headers: Record<string, string>): { end(): unknown } }) =>
  void response.writeHead(426, { upgrade: "websocket", connection: "close" }).end();
