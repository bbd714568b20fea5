import { createCipheriv, createDecipheriv } from "node:crypto";
import { concatBytes } from "../base/index.ts";
import { VERSION } from "./numbers.ts";
import { Reader, uint } from "./wire.ts";

/**
 * One record (RFC 6347 §4.1):
 *
 *      type (1) | version (2) | epoch (2) | sequence number (6) | length (2) | fragment
 */
export interface DtlsRecord {
  readonly type: number;
  readonly epoch: number;
  readonly sequence: number;
  readonly fragment: Uint8Array;
}

export const RECORD_HEADER_BYTES = 13;
/** RFC 5246 §6.2.3: what encryption may add at most. */
const MAX_FRAGMENT = 2 ** 14 + 2048;
const EXPLICIT_NONCE_BYTES = 8;
const TAG_BYTES = 16;
/** What a protected record is longer than a plain one. */
export const PROTECTION_BYTES = EXPLICIT_NONCE_BYTES + TAG_BYTES;

/** The records of a datagram, up to the first one that makes no sense (RFC 6347 §4.1.2.7: that is discarded silently). */
export function parseRecords(datagram: Uint8Array): readonly DtlsRecord[] {
  const reader = new Reader(datagram);
  const records: DtlsRecord[] = [];
  while (reader.left > 0) {
    const type = reader.uint(1);
    const version = reader.uint(2);
    const epoch = reader.uint(2);
    const sequence = reader.uint(6);
    const length = reader.uint(2);
    const fragment = reader.take(length);
    // RFC 6347 §4.2.1: a peer that does not know yet which version it will be writes 1.0.
    if (!reader.ok || length > MAX_FRAGMENT || (version !== VERSION.dtls12 && version !== VERSION.dtls10)) break;
    records.push({ type, epoch, sequence, fragment });
  }
  return records;
}

export function plainRecord({ type, epoch, sequence, fragment }: DtlsRecord, version: number = VERSION.dtls12): Uint8Array {
  return concatBytes([uint(1, type), uint(2, version), uint(2, epoch), uint(6, sequence), uint(2, fragment.length), fragment]);
}

/** The key of one direction: AES-128-GCM with the part of its nonces that is not sent (RFC 5288 §3). */
export interface WriteKey {
  readonly key: Uint8Array;
  readonly iv: Uint8Array;
}

/** RFC 5288 §3: the explicit part of the nonce is the epoch with the sequence number, which never come twice. */
export function protectRecord(record: DtlsRecord, { key, iv }: WriteKey): Uint8Array {
  const explicit = concatBytes([uint(2, record.epoch), uint(6, record.sequence)]);
  const cipher = createCipheriv("aes-128-gcm", key, concatBytes([iv, explicit]), { authTagLength: TAG_BYTES });
  cipher.setAAD(additionalData(record, record.fragment.length));
  const sealed = [cipher.update(record.fragment), cipher.final()];
  return plainRecord({ ...record, fragment: concatBytes([explicit, ...sealed, cipher.getAuthTag()]) });
}

/** What the record protects; `undefined`: it is not of whoever has the key. */
export function openRecord(record: DtlsRecord, { key, iv }: WriteKey): Uint8Array | undefined {
  const length = record.fragment.length - PROTECTION_BYTES;
  if (length < 0) return undefined;
  const explicit = record.fragment.subarray(0, EXPLICIT_NONCE_BYTES);
  const decipher = createDecipheriv("aes-128-gcm", key, concatBytes([iv, explicit]), { authTagLength: TAG_BYTES });
  decipher.setAAD(additionalData(record, length));
  decipher.setAuthTag(record.fragment.subarray(EXPLICIT_NONCE_BYTES + length));
  const opened = decipher.update(record.fragment.subarray(EXPLICIT_NONCE_BYTES, EXPLICIT_NONCE_BYTES + length));
  try {
    decipher.final();
    return opened;
  } catch {
    return undefined;
  }
}

/** RFC 5246 §6.2.3.3, RFC 6347 §4.1.2.1. */
const additionalData = ({ type, epoch, sequence }: DtlsRecord, length: number): Uint8Array =>
  concatBytes([uint(2, epoch), uint(6, sequence), uint(1, type), uint(2, VERSION.dtls12), uint(2, length)]);

/** RFC 6347 §4.1.2.6: knows of the last 64 records which have come. */
export function replayWindow(): { readonly isNew: (sequence: number) => boolean; readonly take: (sequence: number) => void } {
  const WINDOW = 64;
  const seen = new Set<number>();
  let highest = -1;
  return {
    isNew: (sequence) => sequence > highest - WINDOW && !seen.has(sequence),
    take(sequence) {
      seen.add(sequence);
      highest = Math.max(highest, sequence);
      for (const old of seen) if (old <= highest - WINDOW) seen.delete(old);
    },
  };
}
