import type { TransportName } from "../address.ts";
import { openTcp } from "./tcp.ts";
import { openTls, type TlsSettings } from "./tls.ts";
import type { OpenTransport } from "./transport.ts";
import { openUdp } from "./udp.ts";
import { openWebSocket, type WebSocketSettings } from "./web-socket.ts";

export interface SocketSettings {
  readonly tls?: TlsSettings | undefined;
  readonly webSocket?: WebSocketSettings | undefined;
}

/** Opens the transport an address names on real sockets. */
export function socketOpener({ tls, webSocket }: SocketSettings): OpenTransport {
  const openers = {
    udp: openUdp,
    tcp: openTcp,
    tls: openTls(tls),
    ws: openWebSocket(webSocket),
    wss: openWebSocket(webSocket, tls?.certificate),
  } satisfies Record<TransportName, OpenTransport>;
  return (address, receive, clock) => openers[address.transport](address, receive, clock);
}
