import { connect, createServer, type Server, type Socket } from "node:net";
import { channels, type Clock, PiopiyError } from "../../base/index.ts";
import type { SipAddress } from "../address.ts";
import { createTcpConnection, type TcpConnection } from "./tcp-connection.ts";
import { type OpenTransport, plainHost, remoteOf, type Transport } from "./transport.ts";

/** Connections of one transport at a time; who comes later is turned away. */
const MAX_CONNECTIONS = 4096;
/** How long a connection may take to come up. */
const CONNECT_MS = 10_000;

/** SIP over TCP: connections are kept and used in both directions (RFC 3261 §18, RFC 5923). */
export const openTcp: OpenTransport = async (address, receive, clock) => {
  const connections = new Map<string, Promise<TcpConnection>>();
  const server = createServer({ noDelay: true });
  server.maxConnections = MAX_CONNECTIONS;
  await listening(server, address);
  const bound = server.address();
  const port = typeof bound === "object" && bound ? bound.port : address.port;
  const keep = (socket: Socket, remote: SipAddress): TcpConnection => {
    const connection = createTcpConnection(socket, clock, (bytes) => receive(bytes, remote, transport));
    connection.onClose(() => connections.delete(remoteOf(remote)));
    return connection;
  };
  const dial = (remote: SipAddress): Promise<TcpConnection> => {
    const key = remoteOf(remote);
    const existing = connections.get(key);
    if (existing) return existing;
    if (connections.size >= MAX_CONNECTIONS) return Promise.reject(new PiopiyError("internal", "too many SIP connections"));
    const dialled = connected(remote, clock).then((socket) => keep(socket, remote));
    connections.set(key, dialled);
    dialled.catch(() => connections.delete(key));
    return dialled;
  };
  const transport: Transport = {
    address: { ...address, port },
    reliable: true,
    send: async (bytes, to) => (await dial(to)).write(bytes),
    close: () => closeAll(server, connections),
  };
  server.on("connection", (socket) => {
    const remote: SipAddress = { transport: "tcp", host: plainHost(socket.remoteAddress ?? ""), port: socket.remotePort ?? 0 };
    connections.set(remoteOf(remote), Promise.resolve(keep(socket, remote)));
  });
  server.on("error", (failure) => channels.failure.publish({ layer: "sip", failure: failure.message }));
  return transport;
};

async function closeAll(server: Server, connections: ReadonlyMap<string, Promise<TcpConnection>>): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  for (const connection of await Promise.allSettled(connections.values())) {
    if (connection.status === "fulfilled") connection.value.close();
  }
  await closed;
}

function listening(server: Server, address: SipAddress): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host: address.host, port: address.port }, () => {
      server.off("error", reject);
      resolve();
    });
  });
}

function connected(remote: SipAddress, clock: Clock): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: remote.host, port: remote.port, noDelay: true });
    const limit = clock.setTimer(CONNECT_MS, () => socket.destroy(new Error("no connection in time")));
    socket.once("connect", () => {
      limit.cancel();
      socket.off("error", reject);
      resolve(socket);
    });
    socket.once("error", reject);
    socket.once("close", () => limit.cancel());
  });
}
