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
  /** A datagram of RTP is valid until this returns; what is no RTP may be kept. */
  readonly datagram: (datagram: Uint8Array, host: string, port: number) => void;
  /** A packet that was counted as sent did not leave. */
  readonly sendFailed: () => void;
}

/** `auto`: by the native pump where there is one. */
export type PumpChoice = "auto" | "off";

/** A few seconds of one stream: more would only be heard too late. */
export const RECEIVE_BUFFER_BYTES = 64 * 1024;
