import { timingSafeEqual } from "node:crypto";
import { concatBytes } from "../base/index.ts";
import { helloRandom, type Association, type HandshakeOptions } from "./association.ts";
import { publicKeyOf } from "./certificate.ts";
import { Channel } from "./channel.ts";
import type { ProvenHello } from "./cookie.ts";
import type { HandshakeMessage } from "./handshake-message.ts";
import { createEphemeral, GROUPS, isSigned, OUR_SCHEME, SIGNATURE_SCHEMES, signed, type Ephemeral } from "./key-exchange.ts";
import type { SrtpProfile } from "../rtp/index.ts";
import * as messages from "./messages.ts";
import { ALERT, GROUP, HANDSHAKE, SUITE, VERSION } from "./numbers.ts";
import { extendedMasterSecret, finishedData, masterSecret, writeKeys, type Randoms } from "./secrets.ts";
import { commonProfile, numberOf, srtpKeys } from "./srtp-profiles.ts";

/** What was chosen of what the client can do. */
interface Chosen {
  readonly profile: SrtpProfile;
  readonly ephemeral: Ephemeral;
  readonly randoms: Randoms;
  readonly extended: boolean;
}

/** What the client has said since, in the order in which it has to (RFC 5246 §7.3). */
interface Heard {
  certificate?: Uint8Array;
  master?: Uint8Array;
  proven?: true;
}

/** The role that waits (`a=setup:passive`), from a hello on whose sender is where it says it is. */
export function createServer(options: HandshakeOptions, { message, hello, recordSequence }: ProvenHello): Association {
  const { clock, send, timeoutMs, over } = options;
  // RFC 6347 §4.2.1: the records are numbered from that of the hello on, so that no number comes twice.
  const channel = new Channel({ clock, send, timeoutMs, over, expected: message.sequence + 1, ours: message.sequence, recordSequence });
  const heard: Heard = {};
  const chosen = choose(options, hello);
  if (chosen) {
    channel.begin({
      message: (next) => takeMessage(channel, options, { heard, chosen }, next),
      finished: (next) => takeFinished(channel, { heard, chosen }, next),
    });
    channel.heard(message);
    greet(channel, options, hello, chosen);
  } else channel.fail("incompatible", hello.version > VERSION.dtls12 ? ALERT.protocolVersion : ALERT.handshakeFailure);
  return { receive: (datagram) => channel.receive(datagram), close: () => channel.close() };
}

/** RFC 6347 §4.1: versions count downwards. */
function choose({ profiles, ids }: HandshakeOptions, hello: messages.ClientHello): Chosen | undefined {
  const profile = commonProfile(profiles, hello.profiles ?? []);
  // RFC 8422 §4: a client that names no groups takes any.
  const group = hello.groups.length === 0 ? GROUP.secp256r1 : GROUPS.find((one) => hello.groups.includes(one));
  const ephemeral = group === undefined ? undefined : createEphemeral(group);
  const able = hello.version <= VERSION.dtls12 && hello.suites.includes(SUITE.ecdheEcdsa) && hello.schemes.includes(OUR_SCHEME);
  if (!able || !profile || !ephemeral) return undefined;
  return { profile, ephemeral, randoms: { client: hello.random, server: helloRandom(ids) }, extended: hello.extendedMasterSecret };
}

function greet(channel: Channel, { identity }: HandshakeOptions, hello: messages.ClientHello, { profile, ephemeral, randoms, extended }: Chosen): void {
  const { group, point } = ephemeral;
  channel.say(HANDSHAKE.serverHello, messages.buildServerHello({
    version: VERSION.dtls12,
    random: randoms.server,
    suite: SUITE.ecdheEcdsa,
    profile: numberOf(profile),
    extendedMasterSecret: extended,
    renegotiationInfo: hello.renegotiationInfo,
  }));
  channel.say(HANDSHAKE.certificate, messages.buildCertificate(identity.certificate));
  const signature = signed(concatBytes([randoms.client, randoms.server, messages.keyParameters(group, point)]), identity.privateKey);
  channel.say(HANDSHAKE.serverKeyExchange, messages.buildServerKeyExchange({ group, point, scheme: OUR_SCHEME, signature }));
  // RFC 5763 §5: both sides have to show their certificate.
  channel.say(HANDSHAKE.certificateRequest, messages.buildCertificateRequest(SIGNATURE_SCHEMES));
  channel.say(HANDSHAKE.serverHelloDone, new Uint8Array(0));
  channel.send(true);
}

interface State {
  readonly heard: Heard;
  readonly chosen: Chosen;
}

function takeMessage(channel: Channel, options: HandshakeOptions, { heard, chosen }: State, message: HandshakeMessage): void {
  const { type, body } = message;
  if (type === HANDSHAKE.certificate && !heard.certificate) takeCertificate(channel, options, heard, body);
  else if (type === HANDSHAKE.clientKeyExchange && heard.certificate && !heard.master) {
    channel.heard(message);
    return agree(channel, chosen, heard, body);
  } else if (type === HANDSHAKE.certificateVerify && heard.master && !heard.proven) takeProof(channel, heard, body);
  else return channel.fail("unproven", ALERT.unexpectedMessage);
  channel.heard(message);
}

/** An empty list is what a client without a certificate sends. */
function takeCertificate(channel: Channel, { isExpected }: HandshakeOptions, heard: Heard, body: Uint8Array): void {
  const certificate = messages.parseCertificate(body);
  if (!certificate || !isExpected(certificate)) return channel.fail("fingerprint", ALERT.badCertificate);
  heard.certificate = certificate;
}

function agree(channel: Channel, { ephemeral, randoms, extended }: Chosen, heard: Heard, body: Uint8Array): void {
  const point = messages.parseClientKeyExchange(body);
  const premaster = point && ephemeral.agree(point);
  if (!premaster) return channel.fail("unproven", ALERT.illegalParameter);
  heard.master = extended ? extendedMasterSecret(premaster, channel.transcript) : masterSecret(premaster, randoms);
  const keys = writeKeys(heard.master, randoms);
  channel.useKeys(keys.client, keys.server);
}

/** RFC 5246 §7.4.8: a certificate is for everyone to see; only its owner can sign what was said so far. */
function takeProof(channel: Channel, heard: Heard, body: Uint8Array): void {
  const proof = messages.parseSignature(body);
  const key = heard.certificate && publicKeyOf(heard.certificate);
  if (!proof || !key || !isSigned(proof.scheme, channel.transcript, key, proof.signature)) return channel.fail("unproven", ALERT.decryptError);
  heard.proven = true;
}

function takeFinished(channel: Channel, { heard, chosen }: State, message: HandshakeMessage): void {
  const { master, proven } = heard;
  if (!master || !proven) return channel.fail("unproven", ALERT.unexpectedMessage);
  const expected = finishedData(master, "client", channel.transcript);
  if (message.body.length !== expected.length || !timingSafeEqual(message.body, expected)) return channel.fail("unproven", ALERT.decryptError);
  channel.heard(message);
  channel.changeCipher();
  channel.say(HANDSHAKE.finished, finishedData(master, "server", channel.transcript));
  channel.send(false);
  channel.succeed(srtpKeys(chosen.profile, "server", master, chosen.randoms));
}
