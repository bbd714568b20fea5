/** Decodes a file of one format that comes in pieces, at its own rate. */
export interface FormatReader {
  push(bytes: Uint8Array): DecodedPiece;
  close(): void;
}

export interface DecodedPiece {
  /** All channels in one: their mean. */
  readonly samples: Int16Array;
  /** Absent as long as there are none. */
  readonly sampleRateHz?: number;
}
