import { createSocket, type Socket, type SocketOptions } from "node:dgram";
import { isIP, isIPv4, isIPv6 } from "node:net";
import { unmapped } from "../base/index.ts";
import { createNames } from "./names.ts";
import { RECEIVE_BUFFER_BYTES, type UdpHooks, type UdpPort } from "./udp-port.ts";

type Lookup = NonNullable<SocketOptions["lookup"]>;

/** Addresses that are numbers are taken as they are, at once: the default asks a resolver for every packet. */
function cachedLookup(): Lookup {
  const names = createNames();
  return (name, { family = 0 }, resolved) => {
    const address = names.known(name);
    if (address === undefined) names.ask(name, Number(family), (failure, found) => resolved(failure, found, isIP(found)));
    else resolved(null, address, isIP(address));
  };
}

/** Binds `host:port` by Node's own sockets. Rejects with the system's error. */
export async function bindSocket(host: string, port: number, hooks: UdpHooks): Promise<UdpPort> {
  const socket = createSocket({ type: isIPv6(host) ? "udp6" : "udp4", lookup: cachedLookup() });
  await bound(socket, host, port);
  socket.setRecvBufferSize(RECEIVE_BUFFER_BYTES);
  // What goes wrong with a single packet on the way in is no reason to end the stream.
  socket.on("error", () => undefined);
  // RFC 3493 §3.7: how a socket of both families is told, and tells, an IPv4 address.
  const both = isIPv6(host);
  const mapped = (toHost: string) => (both && isIPv4(toHost) ? `::ffff:${toHost}` : toHost);
  socket.on("message", (datagram, { address, port: fromPort }) => hooks.datagram(datagram, both ? unmapped(address) : address, fromPort));
  const afterSend = (failure: Error | null) => {
    if (failure) hooks.sendFailed();
  };
  let closed: Promise<void> | undefined;
  return {
    host,
    port: socket.address().port,
    send(packet, toPort, toHost) {
      if (!closed) socket.send(packet, toPort, mapped(toHost), afterSend);
    },
    sendControl(packet, toPort, toHost) {
      if (!closed) socket.send(packet, toPort, mapped(toHost), () => undefined);
    },
    close() {
      closed ??= new Promise((resolve) => socket.close(() => resolve()));
      return closed;
    },
  };
}

function bound(socket: Socket, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const failed = (failure: Error) => {
      socket.close();
      reject(failure);
    };
    socket.once("error", failed);
    socket.bind({ address: host, port, exclusive: true }, () => {
      socket.off("error", failed);
      resolve();
    });
  });
}
