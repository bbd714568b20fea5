import type { Server, Socket } from "node:net";
import { channels, type Clock, unmapped } from "../../base/index.ts";
import { defaultPort, type SipAddress } from "../address.ts";
import { type ConnectionLimits, createConnections } from "./connection.ts";
import { createStreamConnection } from "./stream-connection.ts";
import { type Receive, remoteOf, type Transport } from "./transport.ts";

/** How long a connection may take to come up. */
const CONNECT_MS = 10_000;
/** A peer that vanished without a word is asked for by the system after this long. */
const PROBE_MS = 60_000;

/** What distinguishes one stream transport from the other. */
export interface StreamKind {
  /** `undefined`: it only dials. */
  readonly server: Server | undefined;
  /** The server's event with a connection that can be used. */
  readonly accepted: "connection" | "secureConnection";
  /** Begins to connect; `ready` is the event after which the connection can be used. */
  dial(remote: SipAddress): { readonly socket: Socket; readonly ready: "connect" | "secureConnect" };
  /** Whether who is at the other end has proved to be `name`. */
  readonly speaksFor?: (socket: Socket, name: string) => boolean;
  readonly limits?: ConnectionLimits | undefined;
}

export interface StreamParts {
  readonly address: SipAddress;
  readonly receive: Receive;
  readonly clock: Clock;
}

/** SIP over connections that carry bytes in order: TCP and TLS (RFC 3261 §18, RFC 5923). */
export async function openStreamTransport({ address, receive, clock }: StreamParts, kind: StreamKind): Promise<Transport> {
  const { server } = kind;
  const connections = createConnections(kind.limits);
  const bare = new Set<Socket>();
  const accepted = new Map<string, Socket>();
  if (server) await listening(server, address);
  const bound = server?.address();
  const port = typeof bound === "object" && bound ? bound.port : address.port || defaultPort(address.transport);
  const connectionOn = (socket: Socket, remote: SipAddress) => {
    socket.setKeepAlive(true, PROBE_MS);
    return createStreamConnection(socket, clock, (bytes) => receive(bytes, remote, transport));
  };
  const transport: Transport = {
    address: { ...address, port },
    reliable: true,
    events: connections.events,
    async send(bytes, to) {
      const connection = await connections.to(to, async () => connectionOn(await connected(kind.dial(to), clock), to));
      await connection.write(bytes);
    },
    alias(source, sentBy) {
      const socket = accepted.get(remoteOf(source));
      if (socket && kind.speaksFor?.(socket, sentBy.host)) connections.alias(source, sentBy);
    },
    async close() {
      const closed = new Promise<void>((resolve) => (server ? server.close(() => resolve()) : resolve()));
      for (const socket of bare) socket.destroy();
      await connections.closeAll();
      await closed;
    },
  };
  // The bare socket, before any handshake: whoever does not finish one is closed all the same.
  server?.on("connection", (socket: Socket) => {
    bare.add(socket);
    socket.once("close", () => bare.delete(socket));
    const leave = connections.enter(unmapped(socket.remoteAddress ?? ""));
    if (leave) socket.once("close", leave);
    else socket.destroy();
  });
  server?.on(kind.accepted, (socket: Socket) => {
    if (socket.destroyed) return;
    const remote = remoteAddress(address.transport, socket);
    connections.keep(remote, connectionOn(socket, remote));
    accepted.set(remoteOf(remote), socket);
    socket.once("close", () => accepted.delete(remoteOf(remote)));
  });
  server?.on("error", (failure) => channels.failure.publish({ layer: "sip", failure: failure.message }));
  return transport;
}

export const remoteAddress = (transport: SipAddress["transport"], socket: Socket): SipAddress =>
  ({ transport, host: unmapped(socket.remoteAddress ?? ""), port: socket.remotePort ?? 0 });

/** Resolves when the server listens; rejects when it cannot. */
export function listening(server: Server, address: SipAddress): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host: address.host, port: address.port }, () => {
      server.off("error", reject);
      resolve();
    });
  });
}

function connected({ socket, ready }: ReturnType<StreamKind["dial"]>, clock: Clock): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const limit = clock.setTimer(CONNECT_MS, () => socket.destroy(new Error("no connection in time")));
    socket.once(ready, () => {
      limit.cancel();
      socket.off("error", reject);
      resolve(socket);
    });
    socket.once("error", reject);
    socket.once("close", () => limit.cancel());
  });
}
