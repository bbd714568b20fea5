/** The numbers of TLS 1.2 (RFC 5246) and DTLS 1.2 (RFC 6347) that are used here. */

export const VERSION = { dtls10: 0xfeff, dtls12: 0xfefd } as const;

/** RFC 5246 §6.2.1. */
export const CONTENT = { changeCipherSpec: 20, alert: 21, handshake: 22, applicationData: 23 } as const;

/** RFC 5246 §7.4, RFC 6347 §4.3.2. */
export const HANDSHAKE = {
  clientHello: 1,
  serverHello: 2,
  helloVerifyRequest: 3,
  certificate: 11,
  serverKeyExchange: 12,
  certificateRequest: 13,
  serverHelloDone: 14,
  certificateVerify: 15,
  clientKeyExchange: 16,
  finished: 20,
} as const;

/** RFC 5246 §7.2. */
export const ALERT = {
  closeNotify: 0,
  unexpectedMessage: 10,
  handshakeFailure: 40,
  badCertificate: 42,
  illegalParameter: 47,
  decryptError: 51,
  protocolVersion: 70,
} as const;

/** RFC 5246 §7.4.1.4, RFC 8422 §5.1, RFC 5764 §4.1, RFC 7627 §5.1, RFC 5746 §3.2. */
export const EXTENSION = {
  supportedGroups: 10,
  pointFormats: 11,
  signatureAlgorithms: 13,
  useSrtp: 14,
  extendedMasterSecret: 23,
  renegotiationInfo: 0xff01,
} as const;

/** RFC 5289 §3.2: both with AES-128-GCM and SHA-256. RFC 8827 §6.5 asks for the first one of everyone. */
export const SUITE = { ecdheEcdsa: 0xc02b, ecdheRsa: 0xc02f } as const;
/** RFC 5746 §3.3: the same as an empty renegotiation_info. */
export const RENEGOTIATION_SIGNAL = 0x00ff;

/** RFC 8422 §5.1.1. */
export const GROUP = { secp256r1: 23, x25519: 29 } as const;
export const NAMED_CURVE = 3;
export const UNCOMPRESSED = 0;

/** RFC 5246 §7.4.4, RFC 8422 §5.5: certificates that a client may show. */
export const CERTIFICATE_TYPES = [64, 1] as const;
