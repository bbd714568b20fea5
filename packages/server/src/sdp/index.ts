export { acceptAnswer, answerOffer, createOffer, type Accepted, type Answered } from "./offer-answer.ts";
export { parseSdp, type SdpParsed } from "./parse.ts";
export { jointDirection, type AudioCodec, type Direction, type LocalMedia, type Negotiated, type SdpCodec, type SdpMedia, type SdpSession } from "./session.ts";
