import { createSocket, type Socket, type SocketOptions } from "node:dgram";
import { lookup } from "node:dns";
import { isIP, isIPv6 } from "node:net";

/** A bound UDP socket. */
export interface UdpPort {
  readonly host: string;
  readonly port: number;
  send(packet: Uint8Array, port: number, host: string): void;
  /** As `send`, of what nobody counts. */
  sendControl(packet: Uint8Array, port: number, host: string): void;
  close(): Promise<void>;
}

export interface UdpHooks {
  readonly datagram: (datagram: Uint8Array, host: string, port: number) => void;
  /** A packet that was counted as sent did not leave. */
  readonly sendFailed: () => void;
}

/** A few seconds of one stream: more would only be heard too late. */
const RECEIVE_BUFFER_BYTES = 64 * 1024;

type Lookup = NonNullable<SocketOptions["lookup"]>;

/**
 * Addresses that are numbers are taken as they are, at once: the default asks a resolver for every packet.
 * Names, which SDP allows, are asked for once.
 */
function cachedLookup(): Lookup {
  const known = new Map<string, string>();
  return (name, options, resolved) => {
    const address = isIP(name) === 0 ? known.get(name) : name;
    if (address !== undefined) {
      resolved(null, address, isIP(address));
      return;
    }
    lookup(name, options, (failure, found, family) => {
      if (!failure) known.set(name, found);
      resolved(failure, found, family);
    });
  };
}

/** Binds `host:port`; port 0 lets the system choose. Rejects with the system's error. */
export async function bindUdpPort(host: string, port: number, hooks: UdpHooks): Promise<UdpPort> {
  const socket = createSocket({ type: isIPv6(host) ? "udp6" : "udp4", lookup: cachedLookup() });
  await bound(socket, host, port);
  socket.setRecvBufferSize(RECEIVE_BUFFER_BYTES);
  // What goes wrong with a single packet on the way in is no reason to end the stream.
  socket.on("error", () => undefined);
  socket.on("message", (datagram, remote) => hooks.datagram(datagram, remote.address, remote.port));
  const afterSend = (failure: Error | null) => {
    if (failure) hooks.sendFailed();
  };
  let closed: Promise<void> | undefined;
  return {
    host,
    port: socket.address().port,
    send(packet, toPort, toHost) {
      if (!closed) socket.send(packet, toPort, toHost, afterSend);
    },
    sendControl(packet, toPort, toHost) {
      if (!closed) socket.send(packet, toPort, toHost, () => undefined);
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
