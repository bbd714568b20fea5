/** Decodes a file of one format that comes in pieces, at its own rate. */
export interface FormatReader {
  push(bytes: Uint8Array): Pieces;
  /** What is left when nothing follows. */
  end(): Pieces;
  /** The file says that it is over: what follows is another one. */
  readonly ended: boolean;
  close(): void;
}

/** Each is small, also where a format holds hours in a few bytes. */
export type Pieces = Iterable<DecodedPiece> | AsyncIterable<DecodedPiece>;

export interface DecodedPiece {
  /** All channels in one: their mean. */
  readonly samples: Int16Array;
  readonly sampleRateHz: number;
}
