import { concatBytes } from "../base/index.ts";
import { fragmentsOf, type HandshakeMessage } from "./handshake-message.ts";
import { CONTENT } from "./numbers.ts";
import { plainRecord, PROTECTION_BYTES, protectRecord, RECORD_HEADER_BYTES, type WriteKey } from "./records.ts";

/** What is sent together, and sent again together when no answer comes (RFC 6347 §4.2.4). */
export type Flight = readonly FlightPart[];
export type FlightPart = { readonly type: "message"; readonly epoch: 0 | 1; readonly message: HandshakeMessage } | { readonly type: "change_cipher_spec" };

/** What a datagram may hold: it goes through tunnels, too. */
const MAX_DATAGRAM_BYTES = 1200;
const ROOM = MAX_DATAGRAM_BYTES - RECORD_HEADER_BYTES - PROTECTION_BYTES;

/** Makes records, and counts them. */
export interface RecordWriter {
  /** The key of epoch 1. */
  key: WriteKey | undefined;
  /** Datagrams of the flight: the same messages in new records, each time it is asked for. */
  datagrams(flight: Flight): readonly Uint8Array[];
  /** One record by itself. Nothing, while there is no key for that epoch. */
  record(type: number, epoch: 0 | 1, fragment: Uint8Array): readonly Uint8Array[];
}

export function createRecordWriter(firstSequence: number): RecordWriter {
  const sequences = [firstSequence, 0];
  const writer: RecordWriter = {
    key: undefined,
    record(type, epoch, fragment) {
      const sequence = sequences[epoch] ?? 0;
      const record = { type, epoch, sequence, fragment };
      if (epoch === 1 && !writer.key) return [];
      sequences[epoch] = sequence + 1;
      return [epoch === 1 && writer.key ? protectRecord(record, writer.key) : plainRecord(record)];
    },
    datagrams: (flight) => packed(flight.flatMap((part) => records(writer, part))),
  };
  return writer;
}

function records(writer: RecordWriter, part: FlightPart): readonly Uint8Array[] {
  if (part.type === "change_cipher_spec") return writer.record(CONTENT.changeCipherSpec, 0, Uint8Array.of(1));
  return fragmentsOf(part.message, ROOM).flatMap((fragment) => writer.record(CONTENT.handshake, part.epoch, fragment));
}

/** Several records to a datagram, as long as there is room (RFC 6347 §4.1.1). */
function packed(records: readonly Uint8Array[]): readonly Uint8Array[] {
  const datagrams: Uint8Array[][] = [];
  let room = 0;
  for (const record of records) {
    if (record.length > room) {
      datagrams.push([]);
      room = MAX_DATAGRAM_BYTES;
    }
    datagrams.at(-1)?.push(record);
    room -= record.length;
  }
  return datagrams.map(concatBytes);
}
