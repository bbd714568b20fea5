/** `ws` and `wss`: SIP over WebSocket (RFC 7118), of browsers. */
export type TransportName = "udp" | "tcp" | "tls" | "ws" | "wss";

/** Where SIP is sent to or comes from. */
export interface SipAddress {
  readonly transport: TransportName;
  readonly host: string;
  readonly port: number;
  /** The name the host was looked up by: what its certificate has to be made out to (RFC 5922 §4). */
  readonly name?: string;
}

/** A hop that may have to be looked up (RFC 3263): a name without a port leads where its DNS records say. */
export type NextHop = Omit<SipAddress, "port"> & { readonly port?: number };

/** RFC 3261 §18.1.1, §26.2.1: what is encrypted and authenticated on its hop. */
export const isSecure = (transport: TransportName): boolean => transport === "tls" || transport === "wss";

/** RFC 3261 §19.1.2; RFC 7118 has browsers dial, never us. */
export const defaultPort = (transport: TransportName): number => (isSecure(transport) ? 5061 : 5060);

/** Whether two addresses are of one flow: the same connection, or the same pair of ports (RFC 5626 §3.2). */
export const sameFlow = (a: SipAddress, b: SipAddress): boolean =>
  a.port === b.port && a.host === b.host && a.transport === b.transport && a.name === b.name;
