export { createUserAgent } from "./user-agent.ts";
export { defaultPort, isSecure, type NextHop, type SipAddress, type TransportName } from "./address.ts";
export type {
  Body, Credentials, Dialog, DialogEnd, DialogEvents, IncomingInvite, IncomingRequest, InviteOutcome, OutgoingInvite,
  OutgoingRequest, ResponseExtra, UserAgent, UserAgentEvents, UserAgentOptions,
} from "./user-agent-types.ts";
export {
  header, headerLine, headerLines, headerValues, withHeader, withoutHeader,
  type Header, type SipMessage, type SipRequest, type SipResponse,
} from "./message/message.ts";
export { type CSeq, parseCSeq } from "./message/cseq.ts";
export { type Envelope, type Flaw, openEnvelope, type Opened } from "./message/envelope.ts";
export { contentOf } from "./message/multipart.ts";
export { formatNameAddr, type NameAddr, parseNameAddr, tagOf } from "./message/name-addr.ts";
export { param, type Param, type Params, splitList } from "./message/params.ts";
export { LIMITS, type Parsed, parseMessage, type ParseFailure, type ParseFailureReason } from "./message/parse.ts";
export { type DialogId, formatReplaces, parseReplaces, passReplaces, type Replaces } from "./message/replaces.ts";
export { respondTo, respondToFailure, type ResponseParts } from "./message/respond.ts";
export { serializeMessage } from "./message/serialize.ts";
export { reasonPhrase } from "./message/status.ts";
export { escapeUser, formatSipUri, hostPort, parseSipUri, sameSipUri, type SipUri, unescape, uriScheme } from "./message/uri.ts";
export { formatVia, parseVia, type Via } from "./message/via.ts";
export { type DigestAlgorithm, type DigestInput, digestResponse } from "./auth/digest.ts";
export { createFakeNetwork, type FakeNetwork, type Passing } from "./transport/fake-network.ts";
export { reachableHost, toldHost } from "./transport/reachable-host.ts";
export type { GuardLimits, GuardOptions } from "./guard/guard.ts";
export type { OverloadLimits } from "./guard/overload.ts";
export type { NaptrRecord, SipResolver, SrvRecord } from "./locate/resolver.ts";
export { isMadeOutTo } from "./transport/sip-identity.ts";
export type { TlsSettings } from "./transport/tls.ts";
export type { WebSocketSettings } from "./transport/web-socket.ts";
export { socketOpener } from "./transport/open-socket.ts";
export { type OpenTransport, type Receive, type Transport } from "./transport/transport.ts";
export { DEFAULT_TIMERS, type SipTimers } from "./transaction/timers.ts";
export {
  type AuthenticationResult, createDigestAuthenticator, type DigestAuthenticator, type DigestAuthenticatorOptions,
} from "./auth/authenticator.ts";
export { type Contact } from "./registrar/bindings.ts";
export { type BindingChange, createRegistrar, type Registrar, type RegistrarOptions } from "./registrar/registrar.ts";
export { createRegistration, type Registration, type RegistrationEvents, type RegistrationOptions } from "./registrar/registration.ts";
