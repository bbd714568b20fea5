export { cryptoSuites, type CryptoKey, type CryptoSuite, type SdpCrypto } from "./crypto.ts";
export { DTLS_PROTOCOLS, type LocalDtls, type NegotiatedDtls, type SdpDtls, type SdpFingerprint } from "./dtls.ts";
export { acceptAnswer, answerOffer, createOffer, type Accepted, type Answered } from "./offer-answer.ts";
export { parseSdp, type SdpParsed } from "./parse.ts";
export {
  offeredDirection, type AudioCodec, type Direction, type EncoderWishes, type LocalMedia, type LocalSecurity, type Negotiated, type SdpCodec, type SdpMedia, type SdpSession,
} from "./session.ts";
