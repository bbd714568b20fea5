import { choice, expecting, flag, mustBe, strictFields, text, wholeNumber } from "@piopiy/pcmo";
import * as v from "valibot";
import { cidrList, host, portOrOff } from "./schema-parts.ts";

const file = (about: string) => text(1, 1024, about);

const tls = strictFields({
  port: v.optional(portOrOff("The port of SIP over TLS"), 5061),
  cert: file("A file with our certificate and those between it and its authority, as PEM"),
  key: file("A file with the certificate's private key, as PEM without a passphrase"),
  ca: v.exactOptional(file("A file with the authorities that peers are verified by, as PEM; the system's when absent")),
  verify_client: v.optional(flag("Take connections only of clients that show a certificate"), false),
});

const originExpects = "the origin of a web page such as https://phone.example.com";
const originMessage = mustBe(originExpects);
const origin = v.pipe(
  v.string(originMessage),
  v.regex(/^https?:\/\/[A-Za-z0-9.:[\]-]+$/, originMessage),
  expecting(originExpects),
  v.transform((value) => value.toLowerCase()),
);

const ws = strictFields({
  port: portOrOff("The port of SIP over WebSocket, for browsers"),
  path: v.exactOptional(text(1, 255, "The path it is served at; any when absent")),
  origins: v.exactOptional(v.pipe(v.array(origin, mustBe("a list of origins")), expecting("a list of origins", "Web pages that may connect; any when absent"))),
  secure: v.optional(flag("Encrypted, with the certificate of tls"), false),
});

const guard = strictFields({
  enabled: v.optional(flag("Strangers are kept within limits, scanners are not answered"), true),
  trusted: cidrList("Addresses that are never limited, beside those of trunks and this machine"),
  requests_per_second: v.optional(wholeNumber(1, 100_000, "Requests without good credentials of one address"), 50),
  failures_per_minute: v.optional(wholeNumber(1, 100_000, "Wrong credentials of one address"), 12),
  connections_per_address: v.optional(wholeNumber(1, 100_000, "Connections of one address, on each transport"), 1024),
});

const digestExpects = "a list of MD5 and SHA-256, each once";
const digest = v.pipe(
  v.array(choice(["MD5", "SHA-256"]), mustBe(digestExpects)),
  v.minLength(1, mustBe(digestExpects)),
  v.check((list) => new Set(list).size === list.length, mustBe(digestExpects)),
  expecting(digestExpects, "How phones may prove their passwords, the preferred one first; MD5 when absent, which all phones know"),
);

export const sip = strictFields({
  host: v.optional(host("Where SIP listens"), "127.0.0.1"),
  advertise: v.exactOptional(host("The address told to the other side in place of host, behind NAT for example")),
  hold: v.exactOptional(choice(["music", "reinvite"], "What a call on hold is told: it hears music, and with reinvite its phone is told as well")),
  refer: v.exactOptional(choice(["off", "phones", "all"], "Who may send a call on by REFER or take one over by Replaces: nobody, registered phones (when absent), or trunks as well")),
  udp: v.optional(portOrOff("The UDP port"), 5060),
  tcp: v.optional(portOrOff("The TCP port"), 5060),
  tls: v.exactOptional(tls),
  ws: v.exactOptional(ws),
  digest: v.exactOptional(digest),
  guard: v.exactOptional(guard),
});

const verifyExpects = "false, or a file with the authority of its certificate as PEM";
const trunkTls = strictFields({
  verify: v.pipe(
    v.union([v.literal(false), v.pipe(v.string(), v.minLength(1), v.maxLength(1024))], mustBe(verifyExpects)),
    expecting(verifyExpects, "How the trunk's certificate is verified, where the authorities of sip.tls are not the right ones"),
  ),
});

/** How a trunk is reached. */
export const trunkWay = {
  host: host("Where it is reached"),
  port: v.exactOptional(wholeNumber(1, 65_535, "Its SIP port; what DNS says (SRV) or the usual one when absent")),
  transport: v.optional(choice(["udp", "tcp", "tls"]), "udp"),
  tls: v.exactOptional(trunkTls),
  allow: cidrList("Addresses that calls from it come from, beside its own host"),
};
