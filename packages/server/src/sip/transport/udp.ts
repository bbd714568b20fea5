import { createSocket, type Socket } from "node:dgram";
import { isIPv4, isIPv6 } from "node:net";
import { channels, messageOf, unmapped } from "../../base/index.ts";
import { type OpenTransport, type Transport } from "./transport.ts";

/** SIP over UDP: one datagram, one message (RFC 3261 §18.1.1, §18.3). */
export const openUdp: OpenTransport = async (address, receive) => {
  const both = isIPv6(address.host);
  const socket = createSocket({ type: both ? "udp6" : "udp4", recvBufferSize: 1 << 20 });
  await bound(socket, address.host, address.port);
  /** Datagrams that the system has not taken yet: closing the socket would lose them. */
  const leaving = new Set<Promise<void>>();
  let closing: Promise<void> | undefined;
  const close = async () => {
    await Promise.allSettled(leaving);
    await new Promise<void>((resolve) => void socket.close(() => resolve()));
  };
  const transport: Transport = {
    address: { ...address, port: socket.address().port },
    reliable: false,
    async send(bytes, to) {
      // RFC 4291 §2.5.5.2, RFC 3493 §3.7: how a socket of both families is told an IPv4 address.
      const sent = sendOn(socket, bytes, to.port, both && isIPv4(to.host) ? `::ffff:${to.host}` : to.host);
      leaving.add(sent);
      try {
        await sent;
      } finally {
        leaving.delete(sent);
      }
    },
    close: () => (closing ??= close()),
  };
  socket.on("message", (bytes, remote) => {
    receive(bytes, { transport: "udp", host: unmapped(remote.address), port: remote.port }, transport);
  });
  // An ICMP error for an earlier datagram: the transaction that waits for an answer notices by itself.
  socket.on("error", (failure) => channels.failure.publish({ layer: "sip", failure: messageOf(failure) }));
  return transport;
};

function sendOn(socket: Socket, bytes: Uint8Array, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.send(bytes, port, host, (failure) => (failure ? reject(failure) : resolve()));
  });
}

function bound(socket: Socket, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once("error", reject);
    socket.bind({ address: host, port }, () => {
      socket.off("error", reject);
      resolve();
    });
  });
}
