/** A CSeq value (RFC 3261 §20.16): `4711 INVITE`. */
export interface CSeq {
  /** 0 to 2^31 - 1. */
  readonly number: number;
  readonly method: string;
}

const CSEQ = /^[ \t]*(\d{1,32})[ \t]+([\w\-.!%*+`'~]+)[ \t]*$/;

/** The parts of a CSeq value; `undefined` when it is malformed or too large. */
export function parseCSeq(text: string): CSeq | undefined {
  const found = CSEQ.exec(text);
  const number = Number(found?.[1] ?? Number.NaN);
  // RFC 3261 §8.1.1.5: "The sequence number value MUST be expressible as a 32-bit unsigned integer and MUST be less
  // than 2**31."
  return number < 2 ** 31 ? { number, method: found?.[2] ?? "" } : undefined;
}
