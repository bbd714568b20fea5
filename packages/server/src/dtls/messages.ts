import { concatBytes } from "../base/index.ts";
import { CERTIFICATE_TYPES, EXTENSION, NAMED_CURVE, RENEGOTIATION_SIGNAL, UNCOMPRESSED, VERSION } from "./numbers.ts";
import { Reader, uint, uints, vector } from "./wire.ts";

/** Bodies of handshake messages: built here, and read into what is used of them; `undefined`: it is malformed. */

export interface ClientHello {
  readonly version: number;
  readonly random: Uint8Array;
  readonly cookie: Uint8Array;
  readonly suites: readonly number[];
  readonly groups: readonly number[];
  readonly schemes: readonly number[];
  /** Of `use_srtp`; absent without it. */
  readonly profiles: readonly number[] | undefined;
  readonly extendedMasterSecret: boolean;
  /** RFC 5746 §3.6: it knows of secure renegotiation, which it is told we know, too. */
  readonly renegotiationInfo: boolean;
}

const NULL_COMPRESSION = 0;

export function buildClientHello(hello: ClientHello): Uint8Array {
  return concatBytes([
    uint(2, hello.version),
    hello.random,
    vector(1, new Uint8Array(0)),
    vector(1, hello.cookie),
    vector(2, uints(2, hello.suites)),
    vector(1, uint(1, NULL_COMPRESSION)),
    extensions([
      [EXTENSION.supportedGroups, vector(2, uints(2, hello.groups))],
      [EXTENSION.pointFormats, vector(1, uint(1, UNCOMPRESSED))],
      [EXTENSION.signatureAlgorithms, vector(2, uints(2, hello.schemes))],
      ...(hello.profiles ? [useSrtp(hello.profiles)] : []),
      ...(hello.extendedMasterSecret ? [[EXTENSION.extendedMasterSecret, new Uint8Array(0)] as const] : []),
      ...(hello.renegotiationInfo ? [NO_RENEGOTIATION] : []),
    ]),
  ]);
}

export function parseClientHello(body: Uint8Array): ClientHello | undefined {
  const reader = new Reader(body);
  const version = reader.uint(2);
  const random = reader.take(32);
  reader.vector(1);
  const cookie = reader.vector(1);
  const suites = new Reader(reader.vector(2)).uints(2);
  const compressions = reader.vector(1);
  const found = readExtensions(reader);
  if (!found || !compressions.includes(NULL_COMPRESSION)) return undefined;
  return {
    version,
    random,
    cookie,
    suites,
    groups: listIn(found.get(EXTENSION.supportedGroups)),
    schemes: listIn(found.get(EXTENSION.signatureAlgorithms)),
    profiles: found.has(EXTENSION.useSrtp) ? listIn(found.get(EXTENSION.useSrtp)) : undefined,
    extendedMasterSecret: found.has(EXTENSION.extendedMasterSecret),
    renegotiationInfo: found.has(EXTENSION.renegotiationInfo) || suites.includes(RENEGOTIATION_SIGNAL),
  };
}

export interface ServerHello {
  readonly version: number;
  readonly random: Uint8Array;
  readonly suite: number;
  readonly profile: number | undefined;
  readonly extendedMasterSecret: boolean;
  readonly renegotiationInfo: boolean;
}

/** RFC 5246 §7.4.1.4: nothing that the client did not ask for. */
export function buildServerHello(hello: ServerHello): Uint8Array {
  return concatBytes([
    uint(2, hello.version),
    hello.random,
    vector(1, new Uint8Array(0)),
    uint(2, hello.suite),
    uint(1, NULL_COMPRESSION),
    extensions([
      ...(hello.profile === undefined ? [] : [useSrtp([hello.profile])]),
      ...(hello.extendedMasterSecret ? [[EXTENSION.extendedMasterSecret, new Uint8Array(0)] as const] : []),
      ...(hello.renegotiationInfo ? [NO_RENEGOTIATION] : []),
      [EXTENSION.pointFormats, vector(1, uint(1, UNCOMPRESSED))],
    ]),
  ]);
}

export function parseServerHello(body: Uint8Array): ServerHello | undefined {
  const reader = new Reader(body);
  const version = reader.uint(2);
  const random = reader.take(32);
  reader.vector(1);
  const suite = reader.uint(2);
  const compression = reader.uint(1);
  const found = readExtensions(reader);
  if (!found || compression !== NULL_COMPRESSION) return undefined;
  const profiles = found.has(EXTENSION.useSrtp) ? listIn(found.get(EXTENSION.useSrtp)) : [];
  return {
    version,
    random,
    suite,
    // RFC 5764 §4.1.1: exactly one.
    profile: profiles.length === 1 ? profiles[0] : undefined,
    extendedMasterSecret: found.has(EXTENSION.extendedMasterSecret),
    renegotiationInfo: found.has(EXTENSION.renegotiationInfo),
  };
}

/** RFC 6347 §4.2.1: its version is 1.0 whatever will be spoken. */
export const buildHelloVerifyRequest = (cookie: Uint8Array): Uint8Array => concatBytes([uint(2, VERSION.dtls10), vector(1, cookie)]);

export function parseHelloVerifyRequest(body: Uint8Array): Uint8Array | undefined {
  const reader = new Reader(body);
  reader.uint(2);
  const cookie = reader.vector(1);
  return reader.complete ? cookie : undefined;
}

export const buildCertificate = (certificate: Uint8Array): Uint8Array => vector(3, vector(3, certificate));

/** The sender's own certificate, which stands first (RFC 5246 §7.4.2). */
export function parseCertificate(body: Uint8Array): Uint8Array | undefined {
  const outer = new Reader(body);
  const list = new Reader(outer.vector(3));
  const certificate = list.vector(3);
  return outer.complete && list.ok && certificate.length > 0 ? certificate : undefined;
}

export interface Signature {
  readonly scheme: number;
  readonly signature: Uint8Array;
}

export const buildSignature = ({ scheme, signature }: Signature): Uint8Array => concatBytes([uint(2, scheme), vector(2, signature)]);

/** A CertificateVerify (RFC 5246 §7.4.8). */
export function parseSignature(body: Uint8Array): Signature | undefined {
  const reader = new Reader(body);
  const signature = { scheme: reader.uint(2), signature: reader.vector(2) };
  return reader.complete ? signature : undefined;
}

/** RFC 8422 §5.4: the group and the point are what is signed. */
export const keyParameters = (group: number, point: Uint8Array): Uint8Array => concatBytes([uint(1, NAMED_CURVE), uint(2, group), vector(1, point)]);

export interface ServerKeyExchange extends Signature {
  readonly group: number;
  readonly point: Uint8Array;
}

export const buildServerKeyExchange = (exchange: ServerKeyExchange): Uint8Array =>
  concatBytes([keyParameters(exchange.group, exchange.point), buildSignature(exchange)]);

export function parseServerKeyExchange(body: Uint8Array): ServerKeyExchange | undefined {
  const reader = new Reader(body);
  const kind = reader.uint(1);
  const exchange = { group: reader.uint(2), point: reader.vector(1), scheme: reader.uint(2), signature: reader.vector(2) };
  return reader.complete && kind === NAMED_CURVE ? exchange : undefined;
}

export const buildCertificateRequest = (schemes: readonly number[]): Uint8Array =>
  concatBytes([vector(1, uints(1, CERTIFICATE_TYPES)), vector(2, uints(2, schemes)), vector(2, new Uint8Array(0))]);

export const buildClientKeyExchange = (point: Uint8Array): Uint8Array => vector(1, point);

export function parseClientKeyExchange(body: Uint8Array): Uint8Array | undefined {
  const reader = new Reader(body);
  const point = reader.vector(1);
  return reader.complete ? point : undefined;
}

type Extension = readonly [type: number, data: Uint8Array];

/** RFC 5764 §4.1.1: the profiles, and an MKI, which is not used. */
const useSrtp = (profiles: readonly number[]): Extension => [EXTENSION.useSrtp, concatBytes([vector(2, uints(2, profiles)), vector(1, new Uint8Array(0))])];

/** RFC 5746 §3.4: nothing was negotiated before. */
const NO_RENEGOTIATION: Extension = [EXTENSION.renegotiationInfo, vector(1, new Uint8Array(0))];

const extensions = (all: readonly Extension[]): Uint8Array =>
  vector(2, concatBytes(all.flatMap(([type, data]) => [uint(2, type), vector(2, data)])));

/** What is left of a hello. RFC 5246 §7.4.1.2: there may be none, and none may come twice. */
function readExtensions(reader: Reader): ReadonlyMap<number, Uint8Array> | undefined {
  const found = new Map<number, Uint8Array>();
  if (reader.ok && reader.left === 0) return found;
  const list = new Reader(reader.vector(2));
  while (list.left > 0) {
    const type = list.uint(2);
    const data = list.vector(2);
    if (!list.ok || found.has(type)) return undefined;
    found.set(type, data);
  }
  return reader.complete ? found : undefined;
}

/** A vector of numbers of two octets at the beginning of an extension. */
const listIn = (data: Uint8Array | undefined): readonly number[] => (data ? new Reader(new Reader(data).vector(2)).uints(2) : []);
