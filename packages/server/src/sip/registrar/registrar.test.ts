import { describe, expect, it } from "vitest";
import { seededIds, VirtualClock } from "../../base/index.ts";
import {
  createDigestAuthenticator, createFakeNetwork, createRegistrar, createRegistration, createUserAgent, header,
  headerValues, type BindingChange, type OutgoingRequest, type SipResponse,
} from "../index.ts";

const passwords: Record<string, string> = { phone: "secret", other: "else" };

async function setUp({ minExpires = 60, maxExpires = 3600 } = {}) {
  const clock = new VirtualClock();
  const network = createFakeNetwork(clock);
  const agentAt = (host: string, seed: number) => createUserAgent({
    clock, ids: seededIds(seed), openTransport: network.open,
    listen: [{ transport: "udp", host, port: 5060 }, { transport: "tcp", host, port: 5060 }],
  });
  const server = await agentAt("192.0.2.1", 1);
  const phone = await agentAt("192.0.2.2", 2);
  const authenticator = createDigestAuthenticator({ realm: "test", clock, ids: seededIds(3), lookup: (name) => passwords[name] });
  const registrar = createRegistrar({ authenticator, clock, minExpires, maxExpires });
  server.events.on("request", (incoming) => registrar.handle(incoming));
  const changes: string[] = [];
  registrar.events.on("binding", ({ username, change, contact }: BindingChange) => changes.push(`${change} ${username} ${contact.uri}`));
  const register = async (extra: Partial<OutgoingRequest>): Promise<SipResponse> =>
    await clock.runUntil(phone.request("REGISTER", {
      target: "sip:192.0.2.1", from: "sip:phone@192.0.2.1", credentials: { username: "phone", password: "secret" },
      to: "sip:phone@192.0.2.1", ...extra,
    }));
  return { clock, network, server, phone, registrar, changes, register };
}

describe("the registrar", () => {
  it("remembers where the phone is, with the address its REGISTER came from, until it runs out", async () => {
    const { clock, registrar, changes, register } = await setUp();
    const response = await register({ headers: [["Expires", "120"]] });
    expect(response.status).toBe(200);
    expect(headerValues(response, "Contact")).toEqual(["<sip:phone@192.0.2.2:5060>;expires=120"]);
    expect(registrar.contacts("phone")).toMatchObject([
      { uri: "sip:phone@192.0.2.2:5060", source: { transport: "udp", host: "192.0.2.2", port: 5060 } },
    ]);
    await clock.advance(120_000);
    expect(registrar.contacts("phone")).toEqual([]);
    expect(changes).toEqual(["added phone sip:phone@192.0.2.2:5060", "expired phone sip:phone@192.0.2.2:5060"]);
  });

  it.each<[string, Partial<OutgoingRequest>, number]>([
    ["a wrong password", { credentials: { username: "phone", password: "wrong" } }, 401],
    ["no credentials", { credentials: { username: "nobody", password: "" } }, 401],
    ["somebody else's address of record", { to: "sip:other@192.0.2.1" }, 403],
    ["an address of record that is no SIP URI", { to: "isbn:2983792873" }, 400],
    ["too short an expiry", { headers: [["Expires", "59"]] }, 423],
    ["* with an expiry", { headers: [["Contact", "*"], ["Expires", "60"]] }, 400],
    ["* beside another contact", { headers: [["Contact", "*"], ["Contact", "<sip:a@b>"], ["Expires", "0"]] }, 400],
    ["a contact that is no SIP URI", { headers: [["Contact", "<name:John_Smith>"]] }, 400],
  ])("refuses %s and changes nothing", async (_, request, status) => {
    const { registrar, register } = await setUp();
    const response = await register(request);
    expect(response.status).toBe(status);
    expect(registrar.contacts("phone")).toEqual([]);
    if (status === 423) expect(header(response, "Min-Expires")).toBe("60");
  });

  it("keeps several contacts, each with its own expiry, and takes one or all of them away", async () => {
    const { clock, registrar, changes, register } = await setUp();
    await register({ headers: [["Contact", "<sip:phone@10.0.0.1>;expires=100, <sip:phone@10.0.0.2>"], ["Expires", "9999999"]] });
    expect(registrar.contacts("phone").map(({ uri }) => uri)).toEqual(["sip:phone@10.0.0.2", "sip:phone@10.0.0.1"]);
    expect(registrar.contacts("phone")[0]!.expiresAtMs - clock.now()).toBeLessThanOrEqual(3_600_000);
    await clock.advance(100_000);
    expect(registrar.contacts("phone").map(({ uri }) => uri)).toEqual(["sip:phone@10.0.0.2"]);
    await register({ headers: [["Contact", "<sip:phone@10.0.0.3>"]] });
    expect((await register({ headers: [["Contact", "*"], ["Expires", "0"]] })).status).toBe(200);
    expect(registrar.contacts("phone")).toEqual([]);
    expect(changes.map((change) => change.split(" ")[0])).toEqual(["added", "added", "expired", "added", "removed", "removed"]);
  });

  it("refuses a REGISTER that comes after a newer one of the same Call-ID", async () => {
    const { register } = await setUp();
    const at = (cseq: number) => register({ headers: [["Call-ID", "same"], ["CSeq", `${cseq} REGISTER`]] });
    expect((await at(10)).status).toBe(200);
    expect((await at(5)).status).toBe(500);
    expect((await at(20)).status).toBe(200);
  });

  it("answers a query without contacts with those it has", async () => {
    const { register } = await setUp();
    await register({});
    const bare = await register({ headers: [["Contact", ""]] });
    expect(headerValues(bare, "Contact")).toHaveLength(1);
  });
});

describe("a registration", () => {
  it("refreshes before it runs out and is taken back at the end", async () => {
    const { clock, phone, registrar, changes } = await setUp();
    const registration = createRegistration(phone, {
      registrarUri: "sip:192.0.2.1", aor: "sip:phone@192.0.2.1", credentials: { username: "phone", password: "secret" },
      expiresSeconds: 100, clock, ids: seededIds(4),
    });
    const granted: number[] = [];
    registration.events.on("registered", ({ expiresSeconds }) => granted.push(expiresSeconds));
    await clock.advance(250_000);
    expect(granted).toEqual([100, 100, 100, 100]);
    expect(registration.registered).toBe(true);
    expect(registrar.contacts("phone")).toHaveLength(1);
    await clock.runUntil(registration.close());
    expect(registrar.contacts("phone")).toEqual([]);
    expect(changes).toEqual(["added", "refreshed", "refreshed", "refreshed", "removed"].map((change) => `${change} phone sip:phone@192.0.2.2:5060`));
  });

  it("takes the registrar's shortest expiry when its own is too brief", async () => {
    const { clock, phone } = await setUp({ minExpires: 300 });
    const registration = createRegistration(phone, {
      registrarUri: "sip:192.0.2.1", aor: "sip:phone@192.0.2.1", credentials: { username: "phone", password: "secret" },
      expiresSeconds: 100, clock,
    });
    const granted = new Promise((resolve) => registration.events.on("registered", resolve));
    expect(await clock.runUntil(granted)).toEqual({ expiresSeconds: 300 });
  });

  it("is not kept busy by a registrar that always wants more", async () => {
    const { clock, network, phone } = await setUp();
    const greedy = await createUserAgent({ clock, ids: seededIds(5), openTransport: network.open, listen: [{ transport: "udp", host: "192.0.2.3", port: 5060 }] });
    let asked = 0;
    greedy.events.on("request", (incoming) => {
      asked++;
      incoming.respond(423, { headers: [["Min-Expires", String(100 + asked)]] });
    });
    const registration = createRegistration(phone, { registrarUri: "sip:192.0.2.3", aor: "sip:phone@192.0.2.3", expiresSeconds: 100, clock, ids: seededIds(4) });
    await clock.advance(10_000);
    expect(asked).toBeLessThan(10);
    expect(asked).toBeGreaterThan(2);
    await clock.runUntil(registration.close());
  });

  it("tries again, later each time, while the registrar is silent, and recovers", async () => {
    const { clock, network, phone, registrar } = await setUp();
    network.drop = () => true;
    const registration = createRegistration(phone, {
      registrarUri: "sip:192.0.2.1", aor: "sip:phone@192.0.2.1", credentials: { username: "phone", password: "secret" },
      expiresSeconds: 600, clock, ids: seededIds(4),
    });
    const waits: number[] = [];
    registration.events.on("failed", ({ response, retryMs }) => {
      expect(response.status).toBe(408);
      waits.push(retryMs);
    });
    await clock.advance(150_000);
    expect(waits.length).toBeGreaterThanOrEqual(3);
    expect(waits).toEqual(waits.toSorted((a, b) => a - b));
    network.drop = () => false;
    await clock.advance(60_000);
    expect(registration.registered).toBe(true);
    expect(registrar.contacts("phone")).toHaveLength(1);
  });
});
