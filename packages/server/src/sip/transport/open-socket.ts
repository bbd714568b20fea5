import type { TransportName } from "../address.ts";
import { CONNECTION_LIMITS } from "./connection.ts";
import { tcpOpener } from "./tcp.ts";
import { openTls, type TlsSettings } from "./tls.ts";
import type { OpenTransport } from "./transport.ts";
import { openUdp } from "./udp.ts";
import { openWebSocket, type WebSocketSettings } from "./web-socket.ts";

export interface SocketSettings {
  readonly tls?: TlsSettings | undefined;
  readonly webSocket?: WebSocketSettings | undefined;
  /** Connections of one address, on each transport. */
  readonly connectionsPerAddress?: number | undefined;
}

/** Opens the transport an address names on real sockets. */
export function socketOpener({ tls, webSocket, connectionsPerAddress }: SocketSettings): OpenTransport {
  const limits = { ...CONNECTION_LIMITS, ...(connectionsPerAddress !== undefined && { perAddress: connectionsPerAddress }) };
  const openers = {
    udp: openUdp,
    tcp: tcpOpener(limits),
    tls: openTls(tls, limits),
    ws: openWebSocket({ limits, ...webSocket }),
    wss: openWebSocket({ limits, ...webSocket }, tls),
  } satisfies Record<TransportName, OpenTransport>;
  return (address, receive, clock) => openers[address.transport](address, receive, clock);
}
