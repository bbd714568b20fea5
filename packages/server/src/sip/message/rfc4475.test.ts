import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { seededIds, VirtualClock } from "../../base/index.ts";
import { createDigestAuthenticator } from "../auth/authenticator.ts";
import { createRegistrar } from "../registrar/registrar.ts";
import { refusalOf } from "../uas-rules.ts";
import type { IncomingRequest } from "../user-agent-types.ts";
import { openEnvelope } from "./envelope.ts";
import { header, headerValues, type SipMessage, type SipRequest } from "./message.ts";
import { parseNameAddr } from "./name-addr.ts";
import { param, parseParams } from "./params.ts";
import { parseMessage } from "./parse.ts";
import { respondToFailure } from "./respond.ts";
import { serializeMessage } from "./serialize.ts";
import { parseSipUri, unescape } from "./uri.ts";
import { parseVia } from "./via.ts";

/** The folder of the torture tests' `*.dat` files, with `valid` and `invalid` in it. */
const folder = process.env["PIOPIY_RFC4475"];

/** Taken as a message, refused with a status, or dropped without an answer. */
type Outcome = "accepted" | "dropped" | number;

interface Case {
  readonly section: string;
  readonly outcome: Outcome;
  /** Why it does not come out so yet. The test fails as soon as it does. */
  readonly known?: string;
  /** What has to be seen in a message that is accepted. */
  readonly seen?: (message: SipMessage) => void;
}

const asRequest = (message: SipMessage): SipRequest => {
  if (message.type !== "request") throw new Error("no request");
  return message;
};
const from = (message: SipMessage) => parseNameAddr(header(message, "From")!)!;
const to = (message: SipMessage) => parseNameAddr(header(message, "To")!)!;

const cases: Record<string, Case> = {
  wsinv: { section: "3.1.1.1", outcome: "accepted", seen: (message) => {
    expect(from(message)).toMatchObject({ displayName: 'J Rosenberg \\"', uri: "sip:jdrosen@example.com" });
    expect(param(to(message).params, "tag")).toBe("1918181833n");
    expect(header(message, "Max-Forwards")).toBe("0068");
    expect(headerValues(message, "Via").map((via) => parseVia(via)?.host)).toEqual(["192.0.2.2", "spindle.example.com", "192.168.255.111"]);
    expect(header(message, "NewFangledHeader")).toBe("newfangled value continued newfangled value");
    const [contact] = headerValues(message, "Contact");
    expect(parseNameAddr(contact!)!.params).toEqual([["newparam", "newvalue"], ["secondparam", undefined], ["q", "0.33"]]);
  } },
  intmeth: { section: "3.1.1.2", outcome: 501 },
  esc01: { section: "3.1.1.3", outcome: "accepted", seen: (message) => {
    expect(unescape(parseSipUri(asRequest(message).uri)!.user!)).toBe("sips:user@example.com");
    expect(parseSipUri(parseNameAddr(header(message, "Contact")!)!.uri)!.params).toContainEqual(["n%61me", "v%61lue%25%34%31"]);
  } },
  escnull: { section: "3.1.1.4", outcome: "accepted", seen: (message) => expect(headerValues(message, "Contact")).toHaveLength(2) },
  esc02: { section: "3.1.1.5", outcome: 501 },
  lwsdisp: { section: "3.1.1.6", outcome: "accepted", seen: (message) => expect(from(message).displayName).toBe("caller") },
  longreq: { section: "3.1.1.7", outcome: "accepted", seen: (message) => {
    expect(headerValues(message, "Via")).toHaveLength(34);
    expect(from(message).params.length).toBeGreaterThan(2);
  } },
  dblreq: { section: "3.1.1.8", outcome: "accepted", seen: (message) => {
    expect(asRequest(message).method).toBe("REGISTER");
    expect(message.body).toHaveLength(0);
  } },
  semiuri: { section: "3.1.1.9", outcome: "accepted", seen: (message) => {
    expect(parseSipUri(asRequest(message).uri)).toMatchObject({ user: "user;par=u%40example.net", host: "example.com", params: [] });
  } },
  transports: { section: "3.1.1.10", outcome: "accepted", seen: (message) => {
    expect(headerValues(message, "Via").map((via) => parseVia(via)?.transport)).toEqual(["UDP", "SCTP", "TLS", "UNKNOWN", "TCP"]);
  } },
  mpart01: { section: "3.1.1.11", outcome: "accepted", seen: (message) => expect(message.body.length).toBeGreaterThan(500) },
  unreason: { section: "3.1.1.12", outcome: "accepted", seen: (message) => {
    expect(message.type === "response" && message.reason).toMatch(/^= 2\*\*3 \* 5\*\*2 но сто/);
  } },
  noreason: { section: "3.1.1.13", outcome: "accepted", seen: (message) => expect(message).toMatchObject({ status: 100, reason: "" }) },
  badinv01: { section: "3.1.2.1", outcome: 400 },
  clerr: { section: "3.1.2.2", outcome: 400 },
  ncl: { section: "3.1.2.3", outcome: 400 },
  scalar02: { section: "3.1.2.4", outcome: 400 },
  scalarlg: { section: "3.1.2.5", outcome: "dropped" },
  quotbal: { section: "3.1.2.6", outcome: 400 },
  ltgtruri: { section: "3.1.2.7", outcome: 400 },
  lwsruri: { section: "3.1.2.8", outcome: 400 },
  lwsstart: { section: "3.1.2.9", outcome: 400 },
  trws: { section: "3.1.2.10", outcome: 400 },
  escruri: { section: "3.1.2.11", outcome: 400 },
  // "the element can … choose to ignore the Date": nothing here depends on it.
  baddate: { section: "3.1.2.12", outcome: "accepted" },
  regbadct: { section: "3.1.2.13", outcome: 400 },
  badaspec: { section: "3.1.2.14", outcome: 400 },
  baddn: { section: "3.1.2.15", outcome: 400 },
  badvers: { section: "3.1.2.16", outcome: 505 },
  mismatch01: { section: "3.1.2.17", outcome: 400 },
  mismatch02: { section: "3.1.2.18", outcome: 501 },
  bigcode: { section: "3.1.2.19", outcome: "dropped" },
  badbranch: { section: "3.2.1", outcome: "accepted" },
  insuf: { section: "3.3.1", outcome: 400 },
  unkscm: { section: "3.3.2", outcome: 416 },
  novelsc: { section: "3.3.3", outcome: 416 },
  unksm2: { section: "3.3.4", outcome: 400 },
  bext01: { section: "3.3.5", outcome: 420 },
  // Bodies are opaque here: 415 is the call layer's to say.
  invut: { section: "3.3.6", outcome: "accepted", seen: (message) => expect(header(message, "c")).toBe("application/unknownformat") },
  regaut01: { section: "3.3.7", outcome: 401 },
  multi01: { section: "3.3.8", outcome: 400 },
  mcl01: { section: "3.3.9", outcome: 400 },
  bcast: { section: "3.3.10", outcome: "dropped" },
  // "An endpoint should process the request as if the Max-Forwards field value were still positive."
  zeromf: { section: "3.3.11", outcome: "accepted" },
  cparam01: { section: "3.3.12", outcome: "accepted", seen: (message) => {
    expect(parseNameAddr(header(message, "Contact")!)).toMatchObject({ uri: "sip:+19725552222@gw1.example.net", params: [["unknownparam", undefined]] });
  } },
  cparam02: { section: "3.3.13", outcome: "accepted", seen: (message) => {
    expect(parseNameAddr(header(message, "Contact")!)).toMatchObject({ uri: "sip:+19725552222@gw1.example.net;unknownparam", params: [] });
  } },
  regescrt: { section: "3.3.14", outcome: "accepted", seen: (message) => {
    expect(parseSipUri(parseNameAddr(header(message, "m")!)!.uri)?.headers).toBe("Route=%3Csip:sip.example.com%3E");
  } },
  // Bodies are opaque here: 406 is the call layer's to say.
  sdp01: { section: "3.3.15", outcome: "accepted" },
  inv2543: { section: "3.4.1", outcome: "accepted", seen: (message) => expect(message.body.length).toBeGreaterThan(80) },
  // Of the older draft, not in the RFC: no version, and no Via to answer to.
  test: { section: "draft 00", outcome: "dropped" },
};

/** What a user agent that is also a registrar does with a datagram, up to its application. */
function outcomeOf(bytes: Uint8Array): { outcome: Outcome; message?: SipMessage } {
  const parsed = parseMessage(bytes);
  if (!parsed.ok) return { outcome: respondToFailure(parsed)?.status ?? "dropped" };
  const { message } = parsed;
  const opened = openEnvelope(message);
  if (!opened.ok) return { outcome: message.type === "response" ? "dropped" : opened.flaw.status };
  if (message.type === "response") return { outcome: "accepted", message };
  const refused = refusalOf(message)?.status ?? registrarRefusal(message);
  return { outcome: refused ?? "accepted", message };
}

/** What the registrar says; a challenge to a request that asked for none means that all before it was right. */
function registrarRefusal(request: SipRequest): number | undefined {
  if (request.method !== "REGISTER") return undefined;
  const clock = new VirtualClock();
  const authenticator = createDigestAuthenticator({ realm: "r", clock, ids: seededIds(), lookup: () => undefined });
  const registrar = createRegistrar({ authenticator, clock, minExpires: 60, maxExpires: 3600 });
  const statuses: number[] = [];
  const incoming: IncomingRequest = {
    request, source: { transport: "udp", host: "192.0.2.9", port: 5060 }, respond: (status) => void statuses.push(status),
  };
  registrar.handle(incoming);
  return statuses[0] === 401 && header(request, "Authorization") === undefined ? undefined : statuses[0];
}

describe.skipIf(!folder)("RFC 4475", () => {
  const files = folder ? ["valid", "invalid"].flatMap((kind) => readdirSync(join(folder, kind)).map((file) => join(folder, kind, file))) : [];
  const nameOf = (file: string) => file.replace(/^.*\/|\.dat$/g, "");

  it("has an expectation for every message of the folder, and a message for every expectation", () => {
    expect(files.map(nameOf).toSorted()).toEqual(Object.keys(cases).toSorted());
  });

  it.each(files.map((file) => [nameOf(file), file] as const))("%s", (name, file) => {
    const bytes = readFileSync(file);
    const { outcome: expected, known, seen } = cases[name]!;
    const { outcome, message } = outcomeOf(bytes);
    if (known !== undefined) return expect(outcome, `passes now: take away known: "${known}"`).not.toBe(expected);
    expect(outcome).toBe(expected);
    if (message) {
      if (expected === "accepted") seen?.(message);
      const again = parseMessage(serializeMessage(message));
      expect(again.ok && { ...again.message, headers: without(again.message), body: [...again.message.body] })
        .toEqual({ ...message, headers: without(message), body: [...message.body] });
    }
    return undefined;
  });

  const without = ({ headers }: SipMessage) => headers.filter(([name]) => name !== "Content-Length");

  it("reads the method of 3.1.1.2 with all its characters", () => {
    const parsed = parseMessage(readFileSync(join(folder!, "valid", "intmeth.dat")));
    if (!parsed.ok || parsed.message.type !== "request") throw new Error("not parsed");
    expect(parsed.message.method).toBe("!interesting-Method0123456789_*+`.%indeed'~");
    expect(openEnvelope(parsed.message).ok).toBe(true);
    expect(parseParams(";fromParam''~+*_!.-%=\"\"")).toEqual([["fromparam''~+*_!.-%", '""']]);
  });
});
