import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { afterEach, describe, expect, it } from "vitest";
import { g711, tonePower, toneSamples, toneSource } from "../audio/index.ts";
import { concatSamples, VirtualClock } from "../base/index.ts";
import { eventSender, parseRtp, parseTelephoneEvent, rtpView, writeRtpHeader, writeTelephoneEvent, type RtpView } from "../rtp/index.ts";
import { createMediaEngine, type MediaParameters, type MediaSession } from "./index.ts";

const releases: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const release of releases.splice(0)) await release();
});

interface Packet extends RtpView {
  readonly payload: Uint8Array;
}

/** A UDP socket that keeps the RTP packets it got. */
async function newPeer() {
  const socket = createSocket("udp4");
  const packets: Packet[] = [];
  socket.on("message", (datagram) => {
    const view = rtpView();
    if (parseRtp(datagram, view) === undefined) packets.push({ ...view, payload: datagram.subarray(view.payloadOffset, view.payloadOffset + view.payloadLength) });
  });
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  releases.push(() => new Promise((resolve) => socket.close(() => resolve())));
  return { socket, packets, port: socket.address().port };
}

/** A session that sends to a bare socket, on time that the test moves. */
async function newSession(more: Partial<MediaParameters> = {}) {
  const clock = new VirtualClock();
  const engine = await createMediaEngine({ host: "127.0.0.1", ports: [0, 0], workers: 0, clock });
  releases.push(() => engine.close());
  const session = await engine.open();
  const peer = await newPeer();
  const parameters: MediaParameters = {
    remote: { host: "127.0.0.1", port: peer.port },
    codec: "PCMU",
    payloadType: 0,
    telephoneEventPayloadType: 101,
    direction: "sendrecv",
    ...more,
  };
  session.configure(parameters);
  return { clock, engine, session, peer, parameters };
}

const never = new AbortController().signal;

/** One datagram of RTP. */
function rtp(sequence: number, timestamp: number, payload: Uint8Array, more: { marker?: boolean; payloadType?: number; ssrc?: number } = {}): Uint8Array {
  const datagram = new Uint8Array(12 + payload.length);
  datagram.set(payload, writeRtpHeader(datagram, { marker: false, payloadType: 0, ssrc: 7, ...more, sequence, timestamp }));
  return datagram;
}

/** Sends one datagram; resolves when the system has taken it. */
const send = (socket: Socket, session: MediaSession, datagram: Uint8Array) =>
  new Promise<void>((resolve, reject) => socket.send(datagram, session.local.port, "127.0.0.1", (failure) => (failure ? reject(failure) : resolve())));

/** The frames of a tone as payloads. */
const toneFrames = (frequencyHz: number, frames: number) => {
  const codes = g711.PCMU.encode(toneSamples({ frequencyHz, durationMs: frames * 20 }));
  return Array.from({ length: frames }, (_, index) => codes.subarray(index * 160, index * 160 + 160));
};

describe("what a session sends", () => {
  it("is one unbroken stream: silence, a tone, silence, 160 ticks apart", async () => {
    const { clock, session, peer } = await newSession();
    await clock.advance(100);
    const playing = session.play(toneSource({ frequencyHz: 440, durationMs: 100 }), never);
    await clock.advance(300);
    await playing;
    const [first] = peer.packets;
    expect(peer.packets.length).toBe(21);
    for (const [index, packet] of peer.packets.entries()) {
      expect(packet).toMatchObject({
        sequence: (first!.sequence + index) & 0xffff,
        timestamp: (first!.timestamp + index * 160) >>> 0,
        ssrc: first!.ssrc,
        payloadType: 0,
        payloadLength: 160,
        marker: index === 0,
      });
    }
    expect(peer.packets.filter(({ payload }) => payload.some((code) => code !== 0xff)).length).toBe(5);
  });

  it("begins a new talkspurt after it was on hold, with the time that passed", async () => {
    const { clock, session, peer, parameters } = await newSession();
    await clock.advance(100);
    session.configure({ ...parameters, direction: "inactive" });
    await clock.advance(200);
    const before = peer.packets.at(-1)!;
    session.configure(parameters);
    await clock.advance(20);
    const after = peer.packets.at(-1)!;
    expect(after).toMatchObject({ marker: true, sequence: (before.sequence + 1) & 0xffff, timestamp: (before.timestamp + 11 * 160) >>> 0 });
  });

  it("is RFC 4733 for a key: one marker, one timestamp, growing, three ends; then audio in its place in time", async () => {
    const { clock, session, peer } = await newSession();
    const sending = session.sendDigits("9", never);
    await clock.advance(400);
    await sending;
    const events = peer.packets.filter(({ payloadType }) => payloadType === 101);
    expect(events.map(({ payload, marker }) => ({ ...parseTelephoneEvent(payload), marker }))).toEqual(
      [160, 320, 480, 640, 800, 800, 800].map((durationTicks, index) => ({ event: 9, volume: 10, durationTicks, end: index >= 4, marker: index === 0 })),
    );
    expect(new Set(events.map(({ timestamp }) => timestamp)).size).toBe(1);
    const after = peer.packets[peer.packets.indexOf(events.at(-1)!) + 1]!;
    expect(after.timestamp).toBe((events[0]!.timestamp + 7 * 160) >>> 0);
  });
});

describe("what a session receives", () => {
  it("is heard in order though packets are reordered, lost and doubled, and each is counted", async () => {
    const { clock, session, peer } = await newSession();
    const heard: Int16Array[] = [];
    session.tap(({ received }) => heard.push(received));
    const frames = toneFrames(700, 50);
    const order = [...frames.keys()].filter((index) => index !== 20);
    [order[30], order[31]] = [order[31]!, order[30]!];
    order.splice(10, 0, 9);
    for (const index of order) {
      await send(peer.socket, session, rtp(65_500 + index, 0xfffff000 + index * 160, frames[index]!));
      await clock.advance(20);
    }
    await clock.advance(200);
    const samples = concatSamples(heard);
    expect(tonePower(samples.subarray(1600, 4000), 700)).toBeGreaterThan(0.02);
    expect(await session.close()).toMatchObject({ packetsReceived: 50, packetsLost: 1, packetsDiscarded: 1, packetsInvalid: 0 });
  });

  it("is counted and left out when it is no RTP of this session", async () => {
    const { clock, session, peer } = await newSession();
    const frames = toneFrames(700, 10);
    const stranger = await newPeer();
    for (const [index, frame] of frames.entries()) {
      await send(peer.socket, session, rtp(index, index * 160, frame));
      await send(peer.socket, session, Uint8Array.of(1, 2, 3));
      await send(peer.socket, session, rtp(index, index * 160, frame, { payloadType: 96 }));
      await send(stranger.socket, session, rtp(500 + index, index * 160, frame));
      await clock.advance(20);
    }
    await send(peer.socket, session, new Uint8Array(0));
    await send(peer.socket, session, Uint8Array.of(0x80, 0xc9, 0, 1, 0, 0, 0, 7));
    await clock.advance(20);
    expect(stranger.packets.length).toBe(0);
    expect(await session.close()).toMatchObject({ packetsReceived: 10, packetsLost: 0, packetsDiscarded: 0, packetsInvalid: 31 });
  });

  it("draws what is sent to where it comes from", async () => {
    const { clock, session, peer } = await newSession();
    const behindNat = await newPeer();
    const told: number[] = [];
    session.events.on("received", ({ port }) => told.push(port));
    await send(behindNat.socket, session, rtp(1, 160, toneFrames(700, 1)[0]!));
    await clock.advance(100);
    const before = peer.packets.length;
    await clock.advance(100);
    expect(told).toEqual([behindNat.port]);
    expect(behindNat.packets.length).toBeGreaterThanOrEqual(5);
    expect(peer.packets.length).toBe(before);
  });

  it("is one digit though all ends are lost, and silence is heard meanwhile", async () => {
    const { clock, session, peer } = await newSession();
    const digits: unknown[] = [];
    session.events.on("digit", (event) => digits.push(event));
    const sender = eventSender(4, 800);
    for (let index = 0; index < 4; index++) {
      const payload = new Uint8Array(4);
      const packet = sender.next()!;
      writeTelephoneEvent(payload, 0, packet);
      await send(peer.socket, session, rtp(index, 1000, payload, { payloadType: 101, marker: packet.marker }));
      await clock.advance(20);
    }
    expect(digits).toEqual([]);
    await clock.advance(300);
    expect(digits).toEqual([{ digit: "4", durationMs: 80 }]);
  });

  it("goes on when the peer changes its SSRC", async () => {
    const { clock, session, peer } = await newSession();
    const heard: Int16Array[] = [];
    for (const [index, frame] of toneFrames(700, 20).entries()) {
      await send(peer.socket, session, rtp(index, index * 160, frame));
      await clock.advance(20);
    }
    session.tap(({ received }) => heard.push(received));
    for (const [index, frame] of toneFrames(1000, 20).entries()) {
      await send(peer.socket, session, rtp(40_000 + index, 0x80000000 + index * 160, frame, { ssrc: 8 }));
      await clock.advance(20);
    }
    const samples = concatSamples(heard).subarray(1600);
    expect(tonePower(samples, 1000)).toBeGreaterThan(0.02);
    expect(await session.close()).toMatchObject({ packetsReceived: 40, packetsLost: 0 });
  });
});
