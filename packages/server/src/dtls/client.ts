import { timingSafeEqual } from "node:crypto";
import { concatBytes } from "../base/index.ts";
import { helloRandom, type Association, type HandshakeOptions } from "./association.ts";
import { publicKeyOf } from "./certificate.ts";
import { Channel } from "./channel.ts";
import type { HandshakeMessage } from "./handshake-message.ts";
import { createEphemeral, GROUPS, isSigned, OUR_SCHEME, SIGNATURE_SCHEMES, signed } from "./key-exchange.ts";
import type { SrtpProfile } from "../rtp/index.ts";
import * as messages from "./messages.ts";
import { ALERT, HANDSHAKE, SUITE, VERSION } from "./numbers.ts";
import { extendedMasterSecret, finishedData, masterSecret, writeKeys } from "./secrets.ts";
import { commonProfile, numberOf, srtpKeys } from "./srtp-profiles.ts";

/** What the server has said, in the order in which it has to (RFC 5246 §7.3). */
interface Heard {
  hello?: messages.ServerHello;
  profile?: SrtpProfile;
  certificate?: Uint8Array;
  exchange?: messages.ServerKeyExchange;
  /** It wants our certificate. */
  asked?: true;
  master?: Uint8Array;
}

/** The role that begins (`a=setup:active`): says hello at once. */
export function createClient(options: HandshakeOptions): Association {
  const { clock, send, timeoutMs, over } = options;
  const channel = new Channel({ clock, send, timeoutMs, over, expected: 0, ours: 0, recordSequence: 0 });
  const random = helloRandom(options.ids);
  const sayHello = (cookie: Uint8Array) => {
    channel.forget();
    channel.say(HANDSHAKE.clientHello, helloOf(options, random, cookie));
    channel.send(true);
  };
  const heard: Heard = {};
  channel.begin({
    message(message) {
      if (message.type !== HANDSHAKE.helloVerifyRequest) return takeMessage(channel, options, { heard, random }, message);
      const cookie = heard.hello ? undefined : messages.parseHelloVerifyRequest(message.body);
      if (cookie) sayHello(cookie);
    },
    finished: (message) => takeFinished(channel, { heard, random }, message),
  });
  sayHello(new Uint8Array(0));
  return { receive: (datagram) => channel.receive(datagram), close: () => channel.close() };
}

const helloOf = ({ profiles }: HandshakeOptions, random: Uint8Array, cookie: Uint8Array): Uint8Array =>
  messages.buildClientHello({
    version: VERSION.dtls12,
    random,
    cookie,
    suites: [SUITE.ecdheEcdsa, SUITE.ecdheRsa],
    groups: GROUPS,
    schemes: SIGNATURE_SCHEMES,
    profiles: profiles.map(numberOf),
    extendedMasterSecret: true,
    renegotiationInfo: true,
  });

interface State {
  readonly heard: Heard;
  readonly random: Uint8Array;
}

function takeMessage(channel: Channel, options: HandshakeOptions, state: State, message: HandshakeMessage): void {
  const { heard } = state;
  if (message.type === HANDSHAKE.serverHello && !heard.hello) takeHello(channel, options, heard, message);
  else if (message.type === HANDSHAKE.certificate && heard.hello && !heard.certificate) takeCertificate(channel, options, heard, message);
  else if (message.type === HANDSHAKE.serverKeyExchange && heard.certificate && !heard.exchange) takeExchange(channel, state, message);
  else if (message.type === HANDSHAKE.certificateRequest && heard.exchange && !heard.asked) heard.asked = true;
  else if (message.type === HANDSHAKE.serverHelloDone && heard.exchange && !heard.master) {
    channel.heard(message);
    return answer(channel, options, state);
  } else return channel.fail("unproven", ALERT.unexpectedMessage);
  channel.heard(message);
}

function takeHello(channel: Channel, { profiles }: HandshakeOptions, heard: Heard, { body }: HandshakeMessage): void {
  const hello = messages.parseServerHello(body);
  const suites: readonly number[] = Object.values(SUITE);
  const profile = hello?.profile === undefined ? undefined : commonProfile(profiles, [hello.profile]);
  // RFC 5764 §4.1: a server that chooses no profile of ours is of no use, as nothing else is sent over the association.
  if (hello?.version !== VERSION.dtls12) return channel.fail("incompatible", ALERT.protocolVersion);
  if (!suites.includes(hello.suite) || !profile) return channel.fail("incompatible", ALERT.handshakeFailure);
  heard.hello = hello;
  heard.profile = profile;
}

function takeCertificate(channel: Channel, { isExpected }: HandshakeOptions, heard: Heard, { body }: HandshakeMessage): void {
  const certificate = messages.parseCertificate(body);
  // RFC 5763 §5: "the endpoint MUST tear down the media session" when the fingerprint is another one.
  if (!certificate || !isExpected(certificate)) return channel.fail("fingerprint", ALERT.badCertificate);
  heard.certificate = certificate;
}

/** RFC 8422 §5.4: the signature of both random values and the key shows that the certificate is the server's own. */
function takeExchange(channel: Channel, { heard, random }: State, { body }: HandshakeMessage): void {
  const exchange = messages.parseServerKeyExchange(body);
  const key = heard.certificate && publicKeyOf(heard.certificate);
  if (!exchange || !key || !heard.hello) return channel.fail("unproven", ALERT.illegalParameter);
  const data = concatBytes([random, heard.hello.random, messages.keyParameters(exchange.group, exchange.point)]);
  const kind = heard.hello.suite === SUITE.ecdheRsa ? "rsa" : "ec";
  if (key.asymmetricKeyType !== kind || !isSigned(exchange.scheme, data, key, exchange.signature)) return channel.fail("unproven", ALERT.decryptError);
  heard.exchange = exchange;
}

/** The second flight: our key, our certificate with its proof, and the Finished. */
function answer(channel: Channel, { identity }: HandshakeOptions, { heard, random }: State): void {
  const { hello, exchange } = heard;
  const ephemeral = exchange && createEphemeral(exchange.group);
  const premaster = exchange && ephemeral?.agree(exchange.point);
  if (!hello || !ephemeral || !premaster) return channel.fail("unproven", ALERT.illegalParameter);
  const randoms = { client: random, server: hello.random };
  if (heard.asked) channel.say(HANDSHAKE.certificate, messages.buildCertificate(identity.certificate));
  channel.say(HANDSHAKE.clientKeyExchange, messages.buildClientKeyExchange(ephemeral.point));
  const master = hello.extendedMasterSecret ? extendedMasterSecret(premaster, channel.transcript) : masterSecret(premaster, randoms);
  const signature = () => signed(channel.transcript, identity.privateKey);
  if (heard.asked) channel.say(HANDSHAKE.certificateVerify, messages.buildSignature({ scheme: OUR_SCHEME, signature: signature() }));
  const keys = writeKeys(master, randoms);
  channel.useKeys(keys.server, keys.client);
  channel.changeCipher();
  channel.say(HANDSHAKE.finished, finishedData(master, "client", channel.transcript));
  heard.master = master;
  channel.send(true);
}

function takeFinished(channel: Channel, { heard, random }: State, { body }: HandshakeMessage): void {
  const { hello, profile, master } = heard;
  if (!hello || !profile || !master) return channel.fail("unproven", ALERT.unexpectedMessage);
  const expected = finishedData(master, "server", channel.transcript);
  if (body.length !== expected.length || !timingSafeEqual(body, expected)) return channel.fail("unproven", ALERT.decryptError);
  channel.succeed(srtpKeys(profile, "client", master, { client: random, server: hello.random }));
}
