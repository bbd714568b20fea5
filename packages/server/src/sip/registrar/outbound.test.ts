import { describe, expect, it } from "vitest";
import { seededIds, VirtualClock } from "../../base/index.ts";
import {
  createDigestAuthenticator, createFakeNetwork, createRegistrar, createRegistration, createUserAgent, digestResponse, header, headerValues,
  type BindingChange, type Header, type SipAddress, type SipResponse, type TransportName,
} from "../index.ts";

const instance = "urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6";
const other = "urn:uuid:00000000-0000-1000-8000-000a95a0e128";

async function setUp(transport: TransportName = "tcp") {
  const clock = new VirtualClock();
  const network = createFakeNetwork(clock);
  const agentAt = (host: string, seed: number) =>
    createUserAgent({ clock, ids: seededIds(seed), openTransport: network.open, listen: [{ transport, host, port: 5060 }] });
  const server = await agentAt("192.0.2.1", 1);
  const phone = await agentAt("192.0.2.2", 2);
  const authenticator = createDigestAuthenticator({ realm: "test", clock, ids: seededIds(3), lookup: () => "secret" });
  const registrar = createRegistrar({ authenticator, clock, minExpires: 60, maxExpires: 3600 });
  server.events.on("request", (incoming) => registrar.handle(incoming));
  const changes: string[] = [];
  registrar.events.on("binding", ({ change, contact }: BindingChange) => changes.push(`${change} ${contact.uri}`));
  const register = async (contact: string, headers: readonly Header[] = [["Supported", "path, outbound"]]): Promise<SipResponse> =>
    await clock.runUntil(phone.request("REGISTER", {
      target: "sip:192.0.2.1", from: "sip:phone@192.0.2.1", to: "sip:phone@192.0.2.1", credentials: { username: "phone", password: "secret" },
      nextHop: { transport, host: "192.0.2.1", port: 5060 }, headers: [["Contact", contact], ...headers],
    }));
  return { clock, network, server, phone, registrar, changes, register };
}

const flow = (uri: string, id = instance, regId: number | string = 1) => `<${uri}>;+sip.instance="<${id}>";reg-id=${regId}`;
const uris = (contacts: readonly { readonly uri: string }[]) => contacts.map(({ uri }) => uri);

describe("a phone that registers its flows (RFC 5626)", () => {
  it("is told so, with how often to keep the flow alive", async () => {
    const { register, registrar } = await setUp();
    const response = await register(flow("sip:phone@10.0.0.1;ob"));
    expect(response.status).toBe(200);
    expect([header(response, "Require"), header(response, "Flow-Timer")]).toEqual(["outbound", "120"]);
    expect(headerValues(response, "Contact")).toEqual([`<sip:phone@10.0.0.1;ob>;+sip.instance="<${instance}>";reg-id=1;expires=3600`]);
    expect(registrar.contacts("phone")).toMatchObject([{ source: { transport: "tcp", host: "192.0.2.2" }, flow: { instance: `<${instance}>`, regId: 1 } }]);
  });

  it("replaces a flow by its number, whatever the URI, and is called on its newest flow alone", async () => {
    const { register, registrar, changes } = await setUp();
    for (const [uri, id, regId] of [["sip:a@10.0.0.1", instance, 1], ["sip:a@10.0.0.2", instance, 1], ["sip:a@10.0.0.3", instance, 2], ["sip:b@10.0.0.4", other, 1]] as const) {
      await register(flow(uri, id, regId));
    }
    await register("<sip:c@10.0.0.5>", []);
    expect(changes).toEqual(["added sip:a@10.0.0.1", "refreshed sip:a@10.0.0.2", "added sip:a@10.0.0.3", "added sip:b@10.0.0.4", "added sip:c@10.0.0.5"]);
    expect(uris(registrar.contacts("phone"))).toEqual(["sip:c@10.0.0.5", "sip:b@10.0.0.4", "sip:a@10.0.0.3"]);
    await register("*", [["Expires", "0"]]);
    expect(registrar.contacts("phone")).toEqual([]);
  });

  it.each<[string, string, readonly Header[]]>([
    ["without Supported", flow("sip:a@10.0.0.1"), []],
    ["without an instance", "<sip:a@10.0.0.1>;reg-id=1", [["Supported", "outbound"]]],
    ["with reg-id 0", flow("sip:a@10.0.0.1", instance, 0), [["Supported", "outbound"]]],
    ["with a reg-id that is no number", flow("sip:a@10.0.0.1", instance, "x"), [["Supported", "outbound"]]],
    ["with reg-id 2^31", flow("sip:a@10.0.0.1", instance, 2 ** 31), [["Supported", "outbound"]]],
  ])("is an ordinary phone %s", async (_, contact, headers) => {
    const { register, registrar } = await setUp();
    const response = await register(contact, headers);
    expect([response.status, header(response, "Require"), header(response, "Flow-Timer")]).toEqual([200, undefined, undefined]);
    expect(registrar.contacts("phone")[0]).not.toHaveProperty("flow");
  });

  it("may not ask for two flows at once", async () => {
    const { register } = await setUp();
    expect((await register(flow("sip:a@10.0.0.1"), [["Supported", "outbound"], ["Contact", flow("sip:a@10.0.0.2", instance, 2)]])).status).toBe(400);
  });

  it("is told when a proxy stands between, whose flows could not be found again", async () => {
    const { registrar } = await setUp();
    const answers: number[] = [];
    const handle = (headers: readonly Header[]) => registrar.handle({
      request: {
        type: "request", method: "REGISTER", uri: "sip:192.0.2.1", body: new Uint8Array(0),
        headers: [["To", "<sip:phone@192.0.2.1>"], ["CSeq", "1 REGISTER"], ["Contact", flow("sip:a@10.0.0.1")], ["Supported", "outbound"], ...headers],
      },
      source: { transport: "tcp", host: "192.0.2.9", port: 5060 },
      respond(status, extra) {
        answers.push(status);
        const [, challenge = ""] = extra?.headers?.find(([name]) => name === "WWW-Authenticate") ?? [];
        if (status === 401) handle([...headers, ["Authorization", authorization(challenge)]]);
      },
    });
    handle([["Via", "SIP/2.0/TCP 192.0.2.9;branch=z9hG4bKp"], ["Via", "SIP/2.0/TCP 10.0.0.1;branch=z9hG4bKa"]]);
    expect(answers).toEqual([401, 439]);
  });
});

/** The answer to a challenge. */
function authorization(challenge: string): string {
  const nonce = /nonce="([^"]+)"/.exec(challenge)?.[1] ?? "";
  const input = { realm: "test", username: "phone", uri: "sip:192.0.2.1", nonce, qop: { cnonce: "c", nc: "00000001" } } as const;
  const response = digestResponse({ algorithm: "MD5", password: "secret", method: "REGISTER", ...input });
  return `Digest username="phone", realm="test", nonce="${nonce}", uri="sip:192.0.2.1", response="${response}", qop=auth, cnonce="c", nc=00000001`;
}

describe("a registration whose connection ends", () => {
  const at = (transport: TransportName): SipAddress => ({ transport, host: "192.0.2.2", port: 5060 });

  it.each<[string, TransportName, string, readonly string[], string | undefined]>([
    ["a flow of its own", "tcp", flow("sip:a@192.0.2.2:5062"), [], "removed"],
    ["behind a NAT", "tcp", "<sip:a@10.0.0.1:5062;transport=tcp>", [], "removed"],
    ["a browser", "wss", "<sip:a@x.invalid;transport=ws>", [], "removed"],
    ["a phone that only that connection leads to", "tls", "<sip:a@192.0.2.2:5060;transport=tls>", [], "removed"],
    ["a phone that listens", "tcp", "<sip:a@192.0.2.2:5062;transport=tcp>", ["tcp 192.0.2.2 5062"], "refreshed"],
    ["over UDP, which has none", "udp", "<sip:a@192.0.2.2:5062>", ["udp 192.0.2.2 5060"], undefined],
  ])("of %s", async (_, transport, contact, left, told) => {
    const { register, registrar, changes } = await setUp(transport);
    await register(contact);
    changes.length = 0;
    registrar.connectionGone({ transport: "tcp", host: "192.0.2.2", port: 9 });
    expect(changes).toEqual([]);
    registrar.connectionGone(transport === "udp" ? at("tcp") : at(transport));
    expect(registrar.contacts("phone").map(({ source: { transport, host, port } }) => `${transport} ${host} ${port}`)).toEqual(left);
    expect(changes.map((change) => change.split(" ")[0])).toEqual(told === undefined ? [] : [told]);
  });
});

describe("our own registration", () => {
  it.each([["tcp", 120, undefined, 95], ["udp", 120, instance, 95], ["udp", undefined, undefined, 23]] as const)(
    "over %s keeps its way open, with a Flow-Timer of %s s", async (transport, timer, id, least) => {
      const { clock, network, server, phone } = await setUp(transport);
      if (timer === undefined) server.events.on("request", () => undefined);
      const registration = createRegistration(phone, {
        registrarUri: "sip:192.0.2.1", aor: "sip:phone@192.0.2.1", credentials: { username: "phone", password: "secret" }, clock, ids: seededIds(9),
        expiresSeconds: 3600, nextHop: { transport, host: "192.0.2.1", port: 5060 }, ...(id !== undefined && { instance: id }),
      });
      await clock.advance(100);
      expect(registration.registered).toBe(true);
      const pings = () => network.sent.filter(({ bytes }) => Buffer.from(bytes).equals(Buffer.from("\r\n\r\n"))).length;
      await clock.advance(least * 1000);
      expect(pings()).toBe(0);
      await clock.advance(26_000);
      expect(pings()).toBe(1);
      await clock.advance(1_000_000);
      const [fewest, most] = least === 23 ? [34, 44] : [8, 11];
      expect(pings()).toBeGreaterThanOrEqual(fewest);
      expect(pings()).toBeLessThanOrEqual(most);
      await clock.runUntil(registration.close());
      const last = pings();
      await clock.advance(200_000);
      expect(pings()).toBe(last);
    });
});
