import { createHmac, generateKeySync, timingSafeEqual } from "node:crypto";
import { concatBytes, utf8 } from "../base/index.ts";
import { parseClientHello, buildHelloVerifyRequest, type ClientHello } from "./messages.ts";
import { parseFragments, wholeMessage, type HandshakeMessage } from "./handshake-message.ts";
import { CONTENT, HANDSHAKE, VERSION } from "./numbers.ts";
import { parseRecords, plainRecord } from "./records.ts";

const COOKIE_BYTES = 20;

/** A ClientHello whose sender can be reached where it says it is. */
export interface ProvenHello {
  readonly message: HandshakeMessage;
  readonly hello: ClientHello;
  /** Of the record it came in. */
  readonly recordSequence: number;
}

export type Greeted = { readonly proven: ProvenHello } | { readonly answer: Uint8Array } | undefined;

/**
 * Meets clients without remembering them (RFC 6347 §4.2.1): who cannot repeat what it was told costs no state, no
 * signature, and is sent less than it has sent.
 */
export interface Doorkeeper {
  /** What a datagram from that address deserves: a handshake, a short answer, or nothing. */
  greet(datagram: Uint8Array, address: string): Greeted;
}

export function createDoorkeeper(): Doorkeeper {
  const secret = generateKeySync("hmac", { length: 256 });
  const cookieFor = (address: string, { random }: ClientHello) =>
    createHmac("sha256", secret).update(concatBytes([utf8(address), Uint8Array.of(0), random])).digest().subarray(0, COOKIE_BYTES);
  return {
    greet(datagram, address) {
      const [record] = parseRecords(datagram);
      if (record?.type !== CONTENT.handshake || record.epoch !== 0) return undefined;
      const [fragment] = parseFragments(record.fragment);
      // RFC 6347 §4.2.1: without state a ClientHello cannot be put together of parts.
      if (fragment?.type !== HANDSHAKE.clientHello || fragment.bytes.length !== fragment.length) return undefined;
      const hello = parseClientHello(fragment.bytes);
      if (!hello) return undefined;
      const cookie = cookieFor(address, hello);
      if (hello.cookie.length === COOKIE_BYTES && timingSafeEqual(hello.cookie, cookie)) {
        const message = { type: fragment.type, sequence: fragment.sequence, body: fragment.bytes };
        return { proven: { message, hello, recordSequence: record.sequence } };
      }
      return { answer: helloVerifyRequest(cookie, record.sequence) };
    },
  };
}

/** RFC 6347 §4.2.1: with the sequence number of the record that asked. */
function helloVerifyRequest(cookie: Uint8Array, sequence: number): Uint8Array {
  const fragment = wholeMessage({ type: HANDSHAKE.helloVerifyRequest, sequence: 0, body: buildHelloVerifyRequest(cookie) });
  return plainRecord({ type: CONTENT.handshake, epoch: 0, sequence, fragment }, VERSION.dtls10);
}
