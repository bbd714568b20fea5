import { isIPv4 } from "node:net";
import type { SipAddress } from "../address.ts";
import { addressValue, ATTRIBUTE, buildStun, parseStun, STUN, type StunAttribute } from "./stun.ts";

/** Comprehension-required attributes a client may send that change nothing here: credentials, and RFC 3489's wishes. */
const HARMLESS: ReadonlySet<number> = new Set([0x0003, 0x0006, 0x0008, 0x0014, 0x0015, 0x001c, 0x001e]);

/**
 * The answer to a STUN binding request on the SIP port: where it came from (RFC 5626 §3.5.2, RFC 8489 §6.3.1, §12).
 * `undefined`: it is no such request, and nothing is answered.
 */
export function answerBinding(bytes: Uint8Array, source: SipAddress): Uint8Array | undefined {
  const request = parseStun(bytes);
  if (request?.type !== STUN.request) return undefined;
  const { transaction, attributes } = request;
  const fingerprint = attributes.some(([type]) => type === ATTRIBUTE.fingerprint);
  const unknown = attributes.flatMap(([type]) => (type < 0x8000 && !HARMLESS.has(type) ? [type] : []));
  // RFC 8489 §6.3.1: "the server replies with an error response with an error code of 420 (Unknown Attribute)".
  if (unknown.length > 0) return buildStun({ type: STUN.error, transaction, attributes: unknownAttributes(unknown) }, fingerprint);
  const address = addressBytes(source.host);
  // RFC 8489 §12: a client of RFC 3489 does not know the exclusive or.
  const mapped: StunAttribute = transaction.length === 12
    ? [ATTRIBUTE.xorMappedAddress, addressValue(address, source.port, transaction)]
    : [ATTRIBUTE.mappedAddress, addressValue(address, source.port)];
  return buildStun({ type: STUN.success, transaction, attributes: [mapped] }, fingerprint);
}

function unknownAttributes(types: readonly number[]): readonly StunAttribute[] {
  // What is listed is not more than what came.
  const list = Buffer.alloc(types.length * 2);
  types.forEach((type, index) => list.writeUInt16BE(type, index * 2));
  return [[ATTRIBUTE.errorCode, Buffer.from("\0\0\x04\x14Unknown Attribute", "latin1")], [ATTRIBUTE.unknown, list]];
}

/** 4 or 16 bytes of an address as text. */
export function addressBytes(host: string): Uint8Array {
  if (isIPv4(host)) return Uint8Array.from(host.split("."), Number);
  const [head = "", tail] = (host.split("%")[0] ?? "").split("::");
  const groups = (text: string) => text.split(":").filter((group) => group !== "").flatMap((group) => {
    if (group.includes(".")) return Array.from(addressBytes(group));
    const number = Number.parseInt(group, 16);
    return [number >> 8, number & 0xff];
  });
  const bytes = new Uint8Array(16);
  bytes.set(groups(head).slice(0, 16));
  const last = tail === undefined ? [] : groups(tail).slice(0, 16);
  bytes.set(last, 16 - last.length);
  return bytes;
}
