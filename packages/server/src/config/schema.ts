import {
  appId, choice, expecting, flag, FlowSchema, httpUrl, mustBe, mustBePrivate, phoneNumber, secret, strictFields, text, wholeNumber, word,
} from "@piopiy/pcmo";
import * as v from "valibot";
import { http, urls } from "./http-schema.ts";
import { appLimits, serverLimits, trunkLimits } from "./limits-schema.ts";
import { host } from "./schema-parts.ts";
import { sip, trunkWay } from "./sip-schema.ts";

const folder = (about: string) => text(1, 1024, about);

const portsExpects = "[from, to]: two ports from 1024 to 65535, the lower one first, or [0, 0] for any free ones";
const portsMessage = (issue: { readonly input: unknown }) =>
  Array.isArray(issue.input) && issue.input.length === 2 ? `must be ${portsExpects}` : mustBe(portsExpects)(issue);
const ports = v.pipe(
  v.array(wholeNumber(0, 65_535), portsMessage),
  v.length(2, portsMessage),
  expecting(portsExpects, "The UDP ports of RTP"),
  v.transform(([from = 0, to = 0]): readonly [number, number] => [from, to]),
  v.check(([from, to]) => (from >= 1024 && from <= to) || (from === 0 && to === 0), (issue) => `must be ${portsExpects}; got ${issue.input.join(", ")}`),
);

const codecsExpects = "a list of codecs, each once";
const codecs = v.pipe(
  v.array(choice(["PCMU", "PCMA", "G722", "opus"]), mustBe(codecsExpects)),
  v.minLength(1, mustBe(codecsExpects)),
  v.check((list) => new Set(list).size === list.length, mustBe(codecsExpects)),
  expecting(codecsExpects, "What is offered to the other side and answered, the preferred one first; PCMU, PCMA, G722, opus when absent"),
);

const encryption = (about: string) => choice(["off", "optional", "required"], about);
const keying = (about: string) => choice(["sdes", "dtls"], about);

const media = strictFields({
  host: v.optional(host("Where RTP is received"), "127.0.0.1"),
  ports: v.optional(ports, [20_000, 29_999]),
  folder: v.exactOptional(folder("Where the files that flows name are; <data>/media when absent")),
  advertise: v.exactOptional(host("The address told to the other side in place of host, behind NAT for example")),
  codecs: v.exactOptional(codecs),
  encryption: v.exactOptional(encryption("Whether audio is encrypted (SRTP); optional when absent: where the other side does it as well")),
  keying: v.exactOptional(keying("How keys of SRTP are asked for: told in SDP (sdes, when absent), or agreed on where the media goes (dtls); either is answered")),
  sdes_without_tls: v.exactOptional(flag("Keys of SRTP may be told over signalling without TLS, where whoever can listen can read them")),
  hold_music: v.exactOptional(text(1, 255, "A file of the folder that is heard on hold in place of the built-in music")),
  timeout: v.exactOptional(wholeNumber(0, 86_400, "Seconds without a packet from who should send, and is not on hold, after which the call ends (media_timeout); 60 when absent, 0: never")),
  workers: v.exactOptional(wholeNumber(1, 256, "Media threads; one per core but one when absent")),
  pump: v.exactOptional(choice(["auto", "off"], "Packets by the native pump where it could be built (auto, when absent), or by Node's own sockets (off)")),
});

const flow = (about: string) =>
  v.exactOptional(v.pipe(FlowSchema, v.minLength(1, "must have at least one action; got an empty list"), expecting("a list of actions", about)));

const secretsExpects = "one or two secrets of 16 to 256 characters: the current one, then the one before";
const webhookSecrets = v.pipe(
  v.array(text(16, 256, "What webhooks are signed with"), mustBePrivate(secretsExpects)),
  v.minLength(1, mustBePrivate(secretsExpects)),
  v.maxLength(2, mustBePrivate(secretsExpects)),
  expecting(secretsExpects, "What its webhooks are signed with"),
);

const app = strictFields({
  appid: appId(),
  secret: secret(),
  answer_url: v.exactOptional(httpUrl("Asked for a flow when one of the app's numbers is called")),
  cdr_url: v.exactOptional(httpUrl("Where the record of every ended leg is POSTed")),
  event_url: v.exactOptional(httpUrl("Where live events are POSTed")),
  webhook_secrets: v.exactOptional(webhookSecrets),
  fallback_url: v.exactOptional(httpUrl("Asked for the flow when the answer URL gives none")),
  fallback_pcmo: flow("The flow when neither gives one"),
  limits: v.exactOptional(appLimits),
});

const numberRoute = strictFields({
  number: phoneNumber("The number that is called"),
  app: v.exactOptional(appId()),
  answer_url: v.exactOptional(httpUrl("Asked for the flow")),
  pcmo: flow("The flow itself"),
  fallback_url: v.exactOptional(httpUrl("Asked for the flow when the answer URL gives none; the app's when absent")),
  fallback_pcmo: flow("The flow when neither gives one; the app's when absent"),
  stream_dialect: v.exactOptional(choice(["twilio"], "How the bots of its calls speak, where a stream names no protocol and no dialect")),
});

const name = (about: string) => word(/^[A-Za-z0-9._-]{1,64}$/, "1 to 64 letters, digits, ., _ or -", about);

const trunk = strictFields({
  name: name("What the trunk is called"),
  ...trunkWay,
  username: v.exactOptional(text(1, 128, "For digest authentication")),
  password: v.exactOptional(text(1, 256, "For digest authentication")),
  register: v.optional(flag("Register there, so that it can call us"), false),
  encryption: v.exactOptional(encryption("Whether its audio is encrypted (SRTP); what media says when absent")),
  keying: v.exactOptional(keying("How it is asked for keys of SRTP; what media says when absent")),
  limits: v.exactOptional(trunkLimits),
  local: v.exactOptional(flag("Leads to phones of our own only, and costs nothing; when absent: while no destinations are told, if its host is a private address")),
});

const webhooks = strictFields({
  retry_after: v.optional(
    v.pipe(
      v.array(wholeNumber(1, 86_400, "Seconds after the attempt before"), mustBe("a list of seconds")),
      v.maxLength(20, mustBe("a list of at most 20 times")),
      expecting("a list of at most 20 times", "Seconds after which a webhook that failed is tried again, one after the other; after the last one it is given up"),
    ),
    [300, 600, 900],
  ),
  timeout: v.optional(wholeNumber(1, 10, "Seconds one attempt may take"), 10),
  per_host: v.optional(wholeNumber(1, 64, "Attempts under way to one host at a time"), 8),
});

const retention = strictFields({
  events: v.optional(wholeNumber(1, 36_500, "Days for which events and records of legs are kept once they are delivered"), 30),
  undelivered: v.exactOptional(wholeNumber(1, 36_500, "Days for which those are kept whose delivery was given up; as long as their call when absent")),
  timelines: v.optional(wholeNumber(1, 36_500, "Days for which the timelines of calls are kept"), 30),
  calls: v.optional(wholeNumber(1, 36_500, "Days for which calls and their legs are kept; those with recordings at least as long as these"), 400),
  recordings: v.exactOptional(wholeNumber(1, 36_500, "Days for which recordings are kept; for ever when absent")),
  recordings_gb: v.exactOptional(wholeNumber(1, 1_000_000, "GB that recordings may take together; beyond, the oldest are deleted")),
  free_gb: v.exactOptional(wholeNumber(1, 1_000_000, "GB that shall stay free on the disk; else the oldest recordings are deleted, but none of the last day")),
});

const userExpects = "1 to 64 letters, digits or -_.!~*'()+";
const phone = strictFields({
  username: v.pipe(
    v.string(mustBePrivate(userExpects)),
    v.regex(/^[A-Za-z0-9\-_.!~*'()+]{1,64}$/, mustBePrivate(userExpects)),
    expecting(userExpects, "The SIP user name"),
  ),
  password: text(1, 256, "The SIP password"),
  number: v.exactOptional(phoneNumber("The number that rings it")),
});

const speech = strictFields({
  provider: v.optional(choice(["flite", "espeak-ng", "openai"], "Who speaks"), "flite"),
  base_url: v.exactOptional(httpUrl("The speech service, with provider openai: any with POST /v1/audio/speech")),
  api_key: v.exactOptional(text(1, 1024, "The key of the speech service")),
  model: v.exactOptional(text(1, 256, "The model of the speech service")),
  voice: v.exactOptional(name("The voice when an action names none")),
});

const listOf = <S extends v.GenericSchema>(item: S, what: string) => v.optional(v.array(item, mustBe(`a list of ${what}`)), []);

/** `piopiy.config.json`, with the environment and the flags laid over it. */
export const ConfigSchema = strictFields({
  $schema: v.exactOptional(v.string()),
  http: v.optional(http, {}),
  sip: v.optional(sip, {}),
  media: v.optional(media, {}),
  webhooks: v.optional(webhooks, {}),
  retention: v.optional(retention, {}),
  speech: v.optional(speech, {}),
  limits: v.exactOptional(serverLimits),
  urls: v.exactOptional(urls),
  drain: v.optional(wholeNumber(0, 86_400, "Seconds that calls may go on for when the server is told to stop; then they are hung up"), 20),
  data: v.optional(folder("Where the database, recordings and caches are"), ".piopiy"),
  apps: listOf(app, "apps"),
  numbers: listOf(numberRoute, "numbers"),
  trunks: listOf(trunk, "trunks"),
  phones: listOf(phone, "phones"),
});

export type CheckedConfig = v.InferOutput<typeof ConfigSchema>;
