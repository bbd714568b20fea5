import { createSocket } from "node:dgram";
import { once } from "node:events";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { tonesPresent } from "./audio/index.ts";
import { channels, randomIds, systemClock, text, utf8 } from "./base/index.ts";
import { createMediaEngine, type MediaEngine } from "./media/index.ts";
import { createPhone, type Phone } from "./phone/index.ts";
import { startReceiver, startWorld, toneWav, until, type Receiver, type World, type WorldOptions } from "./server-world.test.support.ts";
import { createUserAgent, type TransportName } from "./sip/index.ts";

// Calls over IPv6, and between IPv6 and IPv4: a server on ::1, and one on :: that both families reach.

const tones = { file: 800, alice: 440, bob: 1300 } as const;
const bridgeTo = (number: string) => ({ action: "bridge", connect: [{ type: "pstn", number }], timeout: 10 });

/** A server on an IPv6 address, with phones of either family. */
async function startOn(host: "::1" | "::", more: WorldOptions = {}) {
  const listen = { http: { host, port: 0 }, sip: { host, udp: 0, tcp: 0, ws: { port: 0 } }, media: { host, ports: [0, 0] } };
  const phones = ["919200000001", "919200000002", "919200000003", "919200000004"].map((number) => ({ username: number, password: "secret", number }));
  const world = await startWorld({ ...more, config: { ...listen, phones, urls: { allow: ["127.0.0.1"] }, ...more.config } });
  const engines = new Map<string, MediaEngine>();
  const opened: Phone[] = [];
  return {
    world,
    async phone(index: number, phoneHost: string, transport: TransportName = "udp"): Promise<Phone> {
      const engine = engines.get(phoneHost) ?? (await createMediaEngine({ host: phoneHost, ports: [0, 0], workers: 0 }));
      engines.set(phoneHost, engine);
      const { port } = world.server.sip.find((address) => address.transport === transport) ?? { port: 0 };
      const username = phones[index]?.username ?? "";
      const phone = await createPhone({
        username, password: "secret", server: { transport, host: phoneHost, port }, host: phoneHost, clock: systemClock, ids: randomIds, engine,
      });
      opened.push(phone);
      await phone.registered;
      return phone;
    },
    async close() {
      await Promise.all(opened.map((phone) => phone.close()));
      await world.close();
      await Promise.all(Array.from(engines.values(), (engine) => engine.close()));
    },
  };
}

/** Every SIP message that passes meanwhile. */
function watchSip() {
  const messages: string[] = [];
  const watch = (published: unknown) => {
    const { message }: { message?: Uint8Array } = Object(published);
    if (message) messages.push(text(message));
  };
  channels.sipMessage.subscribe(watch);
  return { messages, stop: () => channels.sipMessage.unsubscribe(watch) };
}

describe.each([["::1", ["::1"]], ["::", ["::1", "127.0.0.1"]]] as const)("a server on %s", (host, families) => {
  let on: Awaited<ReturnType<typeof startOn>>;
  let hooks: Receiver;
  let world: World;
  beforeAll(async () => {
    hooks = await startReceiver(() => ({ body: "[]" }));
    on = await startOn(host);
    ({ world } = on);
    await world.media("file.wav", toneWav(tones.file, 800));
  });
  afterAll(async () => {
    await on.close();
    await hooks.close();
  });

  it.each(families.flatMap((family) => (["udp", "tcp"] as const).map((transport) => [family, transport] as const)))(
    "calls a phone on %s over %s, plays to it, hears it and its keys, and records it", async (family, transport) => {
      const { messages, stop } = watchSip();
      const phone = await on.phone(0, family, transport);
      const ringing = phone.nextCall();
      const flow = [
        { action: "record", channels: "stereo" }, { action: "play", file_name: "file.wav" },
        { action: "input", max_digit: 4, timeout: 10, action_url: `${hooks.url}/keys/${family}/${transport}` },
      ];
      const id = await world.call(phone.username, flow);
      const call = await ringing;
      call.sendTone(tones.alice);
      await call.hears(tones.file, 300);
      await until("the question", async () => (await world.record(id)).timeline.filter(({ type }) => type === "action.started").length >= 3 || undefined);
      await call.press("15*0");
      const record = await world.ended(id);
      stop();
      expect(record).toMatchObject({ cause: "completed", recordings: [{ status: "completed" }] });
      expect(hooks.received.find(({ path }) => path === `/keys/${family}/${transport}`)?.body).toMatchObject({ dtmf: "15*0" });
      const [said, heard] = await world.recording(record);
      expect([said, heard].map((samples) => tonesPresent(samples ?? new Int16Array(0), Object.values(tones)))).toEqual([[tones.alice], [tones.file]]);
      // The family is the peer's, wherever an address stands.
      const v6 = family === "::1";
      const invite = messages.find((message) => message.startsWith("INVITE ")) ?? "";
      expect(invite).toMatch(v6 ? /\r\nVia: SIP\/2\.0\/\w+ \[::1\]:\d+;/ : /\r\nVia: SIP\/2\.0\/\w+ 127\.0\.0\.1:\d+;/);
      expect(invite).toMatch(v6 ? /\r\nContact: <sip:[^>]*\[::1\]:\d+/ : /\r\nContact: <sip:[^>]*127\.0\.0\.1:\d+/);
      expect(invite).toMatch(v6 ? /\r\nc=IN IP6 ::1\r\n/ : /\r\nc=IN IP4 127\.0\.0\.1\r\n/);
      for (const message of messages) expect(message).not.toMatch(/::ffff:|SIP\/2\.0\/\w+ ::1|sip:[^>\r]*@::1|c=IN IP4 ::|c=IN IP6 127/);
      await phone.close();
    },
  );

  it("bridges a phone to another, of the other family where there are two", async () => {
    const [first = "::1"] = families;
    const last = families.at(-1) ?? first;
    const [alice, bob] = [await on.phone(1, first), await on.phone(2, last)];
    const [ringing, picksUp] = [alice.nextCall(), bob.nextCall()];
    const id = await world.call(alice.username, [bridgeTo(bob.username)]);
    const [call, other] = [await ringing, await picksUp];
    call.sendTone(tones.alice);
    other.sendTone(tones.bob);
    await Promise.all([call.hears(tones.bob, 400), other.hears(tones.alice, 400)]);
    await other.hangup();
    expect(await world.ended(id)).toMatchObject({ cause: "completed" });
  });

  it("tells who asks by STUN its address", async () => {
    const socket = createSocket("udp6");
    const { port = 0 } = world.server.sip.find(({ transport }) => transport === "udp") ?? {};
    socket.send(Buffer.from("000100002112a442b7e7a701bc34d686fa87dfae", "hex"), port, "::1");
    const [answer]: Buffer[] = await once(socket, "message");
    socket.close();
    // RFC 8489 §14.2: XOR-MAPPED-ADDRESS, of family 2.
    expect(answer?.toString("hex")).toMatch(/^010100182112a442b7e7a701bc34d686fa87dfae002000140002/);
  });

  it("answers its API at its address", async () => {
    expect(world.server.url).toMatch(/^http:\/\/\[::1?\]:\d+$/);
    const { port } = new URL(world.server.url);
    for (const family of families) expect((await fetch(`http://${family.includes(":") ? `[${family}]` : family}:${port}/health`)).status).toBe(200);
  });
});

describe("trunks of both families", () => {
  const number = "918000000077";

  it.each([
    ["127.0.0.1", "127.0.0.1", ["127.0.0.0/8"]],
    ["::1", "0:0:0:0:0:0:0:1", ["::1/128"]],
  ] as const)("lead from and to a server on ::, by an address of the family of %s", async (family, written, allow) => {
    const flow = [{ action: "play", file_name: "file.wav" }];
    const on = await startOn("::", { config: { trunks: [{ name: "them", host: family, allow }], numbers: [{ number, pcmo: flow }] } });
    const { port } = on.world.server.sip[0] ?? { port: 0 };
    const listen = { http: { host: "127.0.0.1", port: 0 }, sip: { host: family, udp: 0 }, media: { host: family, ports: [0, 0] } };
    const them = await startWorld({ config: { ...listen, trunks: [{ name: "us", host: written, port }], limits: { country: "91" } } });
    try {
      for (const world of [on.world, them]) await world.media("file.wav", toneWav(tones.file, 800));
      const id = await them.call(number, [{ action: "record", channels: "stereo" }, { action: "play", file_name: "file.wav" }]);
      const record = await them.ended(id);
      expect(record).toMatchObject({ cause: "completed" });
      const [said] = await them.recording(record);
      expect(tonesPresent(said ?? new Int16Array(0), [tones.file])).toEqual([tones.file]);
    } finally {
      await them.close();
      await on.close();
    }
  });
});

describe("an offer of audio", () => {
  const offer = (family: 4 | 6, host: string) =>
    ["v=0", `o=- 1 1 IN IP${family} ${host}`, "s=-", `c=IN IP${family} ${host}`, "t=0 0", "m=audio 40000 RTP/AVP 0", ""].join("\r\n");

  it.each([
    ["::1", 4, "127.0.0.1", 488, ""],
    ["::1", 6, "0:0:0:0:0:0:0:1", 200, "IP6 ::1"],
    ["::", 4, "127.0.0.1", 200, "IP4 127.0.0.1"],
    ["::", 6, "::1", 200, "IP6 ::1"],
  ] as const)("to a server on %s, at an address of IPv%d", async (host, family, at, status, answered) => {
    const number = "918000000078";
    const on = await startOn(host, { config: { trunks: [{ name: "them", host: "::1" }], numbers: [{ number, pcmo: [{ action: "play", file_name: "file.wav" }] }] } });
    await on.world.media("file.wav", toneWav(tones.file, 100));
    const userAgent = await createUserAgent({ clock: systemClock, ids: randomIds, listen: [{ transport: "udp", host: "::1", port: 0 }] });
    try {
      const { port } = on.world.server.sip[0] ?? { port: 0 };
      const body = { type: "application/sdp", bytes: utf8(offer(family, at)) };
      const invite = userAgent.invite({ target: `sip:${number}@[::1]:${port}`, from: "sip:919000000000@[::1]", body });
      const outcome = await invite.outcome;
      expect("response" in outcome && outcome.response?.status).toBe(status);
      if ("response" in outcome && outcome.response) expect(text(outcome.response.body)).toContain(answered);
      if (outcome.kind === "accepted") await outcome.dialog.bye();
    } finally {
      await userAgent.close();
      await on.close();
    }
  });
});
