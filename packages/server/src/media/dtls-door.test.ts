import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { afterEach, describe, expect, it } from "vitest";
import { toneSource } from "../audio/index.ts";
import { VirtualClock } from "../base/index.ts";
import { createSrtpSender, keyAndSaltBytes, writeRtpHeader, type SrtpKeys } from "../rtp/index.ts";
import { createDtlsDoor, isDtls } from "./dtls-door.ts";
import { createMediaEngine, type MediaEngine, type MediaParameters } from "./index.ts";

const releases: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const release of releases.splice(0)) await release();
});

const hello = Uint8Array.of(22, 254, 253, 1);
const profile = "AES_CM_128_HMAC_SHA1_80";
const keys: SrtpKeys = { profile, send: new Uint8Array(keyAndSaltBytes(profile)).fill(1), receive: new Uint8Array(keyAndSaltBytes(profile)).fill(2) };

function rtp(): Uint8Array {
  const packet = new Uint8Array(172);
  writeRtpHeader(packet, { marker: false, payloadType: 0, ssrc: 7, sequence: 1, timestamp: 160 });
  return packet;
}

async function openSocket(): Promise<Socket> {
  const socket = createSocket("udp4");
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  releases.push(() => new Promise((resolve) => socket.close(() => resolve())));
  return socket;
}

async function newSession(workers: number, clock?: VirtualClock) {
  const engine = await createMediaEngine({ host: "127.0.0.1", ports: [0, 0], workers, ...(clock && { clock }) });
  releases.push(() => engine.close());
  const session = await engine.open();
  const socket = await openSocket();
  const parameters: MediaParameters = {
    remote: { host: "127.0.0.1", port: socket.address().port }, codec: "PCMU", payloadType: 0, direction: "sendrecv", rtcp: "mux",
  };
  const send = (packet: Uint8Array) => new Promise<void>((resolve) => socket.send(packet, session.local.port, "127.0.0.1", () => resolve()));
  return { engine, session, socket, parameters, send };
}

/** Resolves once so many datagrams were none of a session's. */
async function invalid(engine: MediaEngine, count: number): Promise<void> {
  for (let turn = 0; turn < 1000; turn++) {
    if ((await engine.statistics()).packetsInvalid >= count) return;
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect.fail("they have not come");
}

describe("the first octet tells", () => {
  it.each([[0, false], [3, false], [16, false], [19, false], [20, true], [22, true], [63, true], [64, false], [79, false], [128, false], [191, false], [255, false]])("%i: %s", (first, dtls) => {
    expect(isDtls(Uint8Array.of(first, 0, 0))).toBe(dtls);
  });

  it("of nothing nothing", () => {
    expect(isDtls(new Uint8Array(0))).toBe(false);
  });
});

describe("a session's DTLS", () => {
  it.each([0, 1])("goes both ways beside its RTP (%i threads)", async (workers) => {
    const { engine, session, socket, send } = await newSession(workers);
    const came = new Promise<readonly [Uint8Array, object]>((resolve) => {
      const way = session.dtls((datagram, from) => {
        way.send(Uint8Array.of(23, 9), from);
        resolve([datagram, from]);
      });
    });
    const answered = once(socket, "message");
    // The thread answers in the order in which it is asked: from then on it lets DTLS through.
    await engine.statistics();
    await send(hello);
    const [datagram, from] = await came;
    expect(Uint8Array.from(datagram)).toEqual(hello);
    expect(from).toEqual({ host: "127.0.0.1", port: socket.address().port });
    expect(Uint8Array.from((await answered)[0])).toEqual(Uint8Array.of(23, 9));
  });

  it("goes to nobody once the way is closed, and counts as what is none of the session's", async () => {
    const clock = new VirtualClock();
    const { engine, session, send } = await newSession(0, clock);
    const came: Uint8Array[] = [];
    session.dtls((datagram) => came.push(datagram)).close();
    await send(hello);
    await invalid(engine, 1);
    expect(came).toEqual([]);
  });

  it("takes a flood from a stranger for what it is, and hears the peer all the same", () => {
    const came: string[] = [];
    const door = createDtlsDoor({ knows: (host) => host === "192.0.2.1" }, (_datagram, { host }) => came.push(host));
    for (let index = 0; index < 10_000; index++) expect(door.takes(hello, "203.0.113.9", index, 1000 + index / 10)).toBe(true);
    expect(came.length).toBeLessThan(30);
    for (let index = 0; index < 20; index++) door.takes(hello, "192.0.2.1", 4000, 2000);
    expect(came.filter((host) => host === "192.0.2.1").length).toBe(20);
  });
});

describe("a session that awaits its keys", () => {
  it("sends nothing and takes nothing, and what is played waits for them", async () => {
    const clock = new VirtualClock();
    const { engine, session, socket, parameters, send } = await newSession(0, clock);
    const came: Uint8Array[] = [];
    socket.on("message", (datagram) => came.push(Uint8Array.from(datagram)));
    session.configure({ ...parameters, awaitsKeys: true });
    const played = session.play(toneSource({ frequencyHz: 440, durationMs: 100 }), new AbortController().signal);
    await send(rtp());
    await send(Uint8Array.from(createSrtpSender(profile, keys.receive).protect(rtp()) ?? []));
    await clock.advance(10_000);
    await invalid(engine, 2);
    const before = await engine.statistics();
    expect([came.length, before.packetsSent, before.packetsReceived]).toEqual([0, 0, 0]);
    session.configure({ ...parameters, security: keys });
    await clock.advance(500);
    await expect(played).resolves.toEqual({ complete: true, heardMs: 100 });
    expect((await engine.statistics()).packetsSent).toBeGreaterThan(20);
  });

  it("takes its leave without a word", async () => {
    const clock = new VirtualClock();
    const { session, socket, parameters } = await newSession(0, clock);
    const came: Uint8Array[] = [];
    socket.on("message", (datagram) => came.push(Uint8Array.from(datagram)));
    session.configure({ ...parameters, awaitsKeys: true });
    await clock.advance(100);
    await session.close();
    await new Promise((resolve) => setImmediate(resolve));
    expect(came).toEqual([]);
  });
});
