import { channel, type Channel } from "node:diagnostics_channel";

/**
 * What can be observed from outside, by name. Layers publish, nobody below `api` logs: the logger, the metrics and
 * captures subscribe. Guard a publication on a hot path with `hasSubscribers`.
 */
export const channels = {
  /** `{ direction: "in" | "out", transport, remote: "host:port", message: Uint8Array }` */
  sipMessage: channel("piopiy:sip:message"),
  /** `{ remote, reason, bytes }`: something arrived that is no SIP message. */
  sipGarbage: channel("piopiy:sip:garbage"),
  /** `{ machine, from, to, event }` of a transaction. */
  sipTransaction: channel("piopiy:sip:transaction"),
  /** `{ remote, why: "nonsense" | "scanner" | "failures" | "strangers" | "overload" }`: a request was not taken. */
  sipRefused: channel("piopiy:sip:refused"),
  /** `{ overloaded, lagMs }`: the server begins or ends to refuse what is new, as the event loop is late. */
  sipOverload: channel("piopiy:sip:overload"),
  /** `{ username, contact, expiresSeconds }` of a registration taken or given up (0). */
  sipRegistration: channel("piopiy:sip:registration"),
  /** `{ setting, validTo, expired }`: the certificate of SIP over TLS or of the API has run out, or soon will. */
  certificate: channel("piopiy:server:certificate"),
  /** `{ setting }`: its files have been replaced; new connections get what stands there now. */
  certificateRenewed: channel("piopiy:server:certificate-renewed"),
  /** `{ worker, sessions, lateMs }`: the media scheduler missed a deadline. */
  mediaLate: channel("piopiy:media:late"),
  /** `{ why, remote }`: no keys were agreed on with the peer at that address, whose media was to be encrypted. */
  mediaHandshake: channel("piopiy:media:handshake"),
  /** `{ layer, failure }`: background work failed; nobody waits for its result. */
  failure: channel("piopiy:base:failure"),
  /** `{ appid, reason }`: a call, or a leg of one, that the configuration does not allow. */
  callRefused: channel("piopiy:call:refused"),
  /** `{ why: "age" | "room" | "asked", events, timeline_entries, calls, recordings, recording_bytes }`: rows were deleted. */
  deleted: channel("piopiy:store:deleted"),
  /** `{ callId, entry }`: an entry was put on a call's timeline. */
  timeline: channel("piopiy:call:timeline"),
} as const satisfies Record<string, Channel>;
