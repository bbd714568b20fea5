export type TransportName = "udp" | "tcp";

/** Where SIP is sent to or comes from. */
export interface SipAddress {
  readonly transport: TransportName;
  readonly host: string;
  readonly port: number;
}
