/** One direction of a stream; what it decodes is in the order it was sent in. */
export interface AudioDecoder {
  /** Writes the samples of one payload, of any length, into `target`; returns how many they are. */
  decode(payload: Uint8Array, target: Int16Array): number;
  /**
   * Writes into `target` what stands for up to `missing` samples that were lost before the payload `next`, which is
   * decoded after that; returns how many they are: 0, if this codec knows nothing better than silence.
   */
  conceal(missing: number, next: Uint8Array, target: Int16Array): number;
  /** Nothing more is decoded: frees what it holds. Idempotent. */
  close(): void;
}

/** One direction of a stream. */
export interface AudioEncoder {
  /** Writes the payload of samples into `target` from `offset` on; returns how many octets it has. */
  encode(samples: Int16Array, target: Uint8Array, offset: number): number;
  /** The same of a frame without sound. */
  silence(target: Uint8Array, offset: number): number;
  /** So much of what is sent does not reach the peer, of late: 0 to 100. */
  expectLoss(percent: number): void;
  /** Nothing more is encoded: frees what it holds. Idempotent. */
  close(): void;
}
