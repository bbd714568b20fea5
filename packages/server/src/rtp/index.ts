export { eventReceiver, type EventReceiver, type ReceivedDigit } from "./event-receiver.ts";
export { eventSender, type EventPacket, type EventSender } from "./event-sender.ts";
export { jitterMeter, type JitterMeter } from "./jitter.ts";
export { middleOf, ntpOf, roundTripMs, type NtpTime } from "./ntp.ts";
export {
  isRtcp,
  parseRtp,
  RTP_HEADER_BYTES,
  rtpView,
  writeRtpHeader,
  type RtpFailure,
  type RtpHeader,
  type RtpView,
} from "./packet.ts";
export { buildRtcp, parseRtcp, type ReportBlock, type RtcpFailure, type RtcpPacket, type SenderInfo } from "./rtcp.ts";
export { sequenceDistance, sequenceTracker, timestampDistance, type SequenceTracker, type SequenceVerdict } from "./sequence.ts";
export { digitOfEvent, EVENT_BYTES, eventOfDigit, parseTelephoneEvent, writeTelephoneEvent, type TelephoneEvent } from "./telephone-event.ts";
export { keyAndSaltBytes, type SrtpKeys, type SrtpProfile } from "./srtp-profile.ts";
export { createSrtpReceiver, createSrtpSender, type SrtpReceiver, type SrtpSender } from "./srtp.ts";
