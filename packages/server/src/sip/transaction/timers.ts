/** The timer values of RFC 3261 §17.1.1.1 and Table 4, in milliseconds. */
export interface SipTimers {
  /** The round-trip estimate: the first retransmission. */
  readonly t1: number;
  /** The longest interval between retransmissions. */
  readonly t2: number;
  /** How long a message may stay in the network. */
  readonly t4: number;
  /** How long an INVITE client transaction on UDP absorbs repeated final responses; at least 32 s. */
  readonly d: number;
}

export const DEFAULT_TIMERS: SipTimers = { t1: 500, t2: 4000, t4: 5000, d: 32_000 };

export type TimerName = "A" | "B" | "D" | "E" | "F" | "G" | "H" | "I" | "J" | "K" | "L" | "M";

/** What a transaction is told at its birth and never changes. */
export interface TransactionConfig {
  readonly timers: SipTimers;
  /** Of the transport. */
  readonly reliable: boolean;
}
