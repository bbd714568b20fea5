export { acceptAnswer, answerOffer, createOffer, type Accepted, type Answered } from "./offer-answer.ts";
export { parseSdp, type SdpParsed } from "./parse.ts";
export type { AudioCodec, Direction, EncoderWishes, LocalMedia, Negotiated, SdpCodec, SdpMedia, SdpSession } from "./session.ts";
