import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { afterEach, describe, expect, it } from "vitest";
import { VirtualClock } from "../base/index.ts";
import { buildRtcp, isRtcp, parseRtcp, writeRtpHeader, type RtcpPacket } from "../rtp/index.ts";
import { createMediaEngine, type MediaParameters, type MediaSession } from "./index.ts";

const releases: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const release of releases.splice(0)) await release();
});

const PEER = 77;

/** A UDP socket that keeps what it got, RTP by its count, RTCP in full. */
async function newPeer() {
  const socket = createSocket("udp4");
  const heard: { rtp: number; readonly rtcp: (readonly RtcpPacket[])[] } = { rtp: 0, rtcp: [] };
  socket.on("message", (datagram) => {
    const packets = isRtcp(datagram) ? parseRtcp(datagram) : undefined;
    if (typeof packets === "string") throw new Error(packets);
    if (packets) heard.rtcp.push(packets);
    else heard.rtp += 1;
  });
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  releases.push(() => new Promise((resolve) => socket.close(() => resolve())));
  return { socket, heard, port: socket.address().port };
}

async function newEngine() {
  const clock = new VirtualClock();
  const engine = await createMediaEngine({ host: "127.0.0.1", ports: [0, 0], workers: 0, clock });
  releases.push(() => engine.close());
  return { clock, engine };
}

const towards = (port: number, more: Partial<MediaParameters> = {}): MediaParameters => ({
  remote: { host: "127.0.0.1", port }, codec: "PCMU", payloadType: 0, telephoneEventPayloadType: 101, direction: "sendrecv", rtcp: "mux", ...more,
});

async function newSession(more: Partial<MediaParameters> = {}) {
  const { clock, engine } = await newEngine();
  const [session, peer] = [await engine.open(), await newPeer()];
  session.configure(towards(peer.port, more));
  const quiet: number[] = [];
  session.events.on("quiet", ({ quietMs }) => quiet.push(quietMs));
  return { clock, engine, session, peer, quiet };
}

const send = (socket: Socket, session: MediaSession, datagram: Uint8Array) =>
  new Promise<void>((resolve, reject) => socket.send(datagram, session.local.port, "127.0.0.1", (failure) => (failure ? reject(failure) : resolve())));

const report = (ssrc = PEER) => buildRtcp([{ type: "receiver_report", ssrc, blocks: [] }]);

function rtp(sequence: number): Uint8Array {
  const datagram = new Uint8Array(172).fill(0xff);
  writeRtpHeader(datagram, { marker: false, payloadType: 0, ssrc: PEER, sequence, timestamp: sequence * 160 });
  return datagram;
}

describe("RTCP of a session", () => {
  it("lets both sides of a call know how it was", async () => {
    const { clock, engine } = await newEngine();
    const [one, other] = [await engine.open(), await engine.open()];
    one.configure(towards(other.local.port));
    other.configure(towards(one.local.port));
    await clock.advance(20_000);
    const { packetsSent, packetsInvalid, quality } = await one.close();
    // Reports are no packets of the stream.
    expect(packetsSent).toBeLessThanOrEqual(1001);
    expect(packetsInvalid).toBe(0);
    expect(quality).toMatchObject({ received: { lossPercent: 0, jitterMs: expect.any(Number) }, sent: { lossPercent: 0 }, roundTripMs: expect.any(Number) });
    expect(quality!.received!.mos).toBeGreaterThan(4.3);
    expect(quality!.sent!.mos).toBeGreaterThan(4.3);
  });

  it("are not made worse by packets that come twice", async () => {
    const { clock, session, peer } = await newSession();
    for (let sequence = 0; sequence < 100; sequence++) {
      if (sequence % 20 !== 10) for (let time = 0; time < 2; time++) await send(peer.socket, session, rtp(sequence));
      await clock.advance(20);
    }
    const { packetsReceived, packetsDiscarded, quality } = await session.close();
    expect({ packetsReceived, packetsDiscarded }).toEqual({ packetsReceived: 190, packetsDiscarded: 95 });
    expect(quality!.received!.lossPercent).toBe(5);
  });

  it("is sent to the port of RTP, and on hold as well, and says goodbye", async () => {
    const { clock, session, peer } = await newSession();
    await clock.advance(12_000);
    expect(peer.heard.rtcp.length).toBeGreaterThanOrEqual(2);
    expect(peer.heard.rtcp.every(([first]) => first?.type === "sender_report")).toBe(true);
    session.configure(towards(peer.port, { direction: "inactive" }));
    const before = peer.heard.rtcp.length;
    const { rtp: packets } = peer.heard;
    await clock.advance(20_000);
    expect(peer.heard.rtp).toBeLessThanOrEqual(packets + 1);
    expect(peer.heard.rtcp.length).toBeGreaterThanOrEqual(before + 3);
    expect(peer.heard.rtcp.at(-1)?.[0]?.type).toBe("receiver_report");
    const got = once(peer.socket, "message");
    await session.close();
    await got;
    expect(peer.heard.rtcp.at(-1)?.map(({ type }) => type)).toEqual(["receiver_report", "description", "bye"]);
  });

  it("goes to a port of its own where the peer does not share ports", async () => {
    const control = await newPeer();
    const { clock, peer } = await newSession({ rtcp: { host: "127.0.0.1", port: control.port } });
    await clock.advance(10_000);
    expect(peer.heard.rtcp).toEqual([]);
    expect(control.heard.rtcp.length).toBeGreaterThan(0);
    expect(control.heard.rtp).toBe(0);
  });

  it("is not sent to who takes none", async () => {
    const { clock, session, peer } = await newSession();
    const { rtcp: _, ...without } = towards(peer.port);
    session.configure(without);
    await clock.advance(20_000);
    expect(peer.heard.rtp).toBeGreaterThan(900);
    expect(peer.heard.rtcp).toEqual([]);
  });
});

describe("a peer that says nothing", () => {
  /** Sends a report every 2.9 seconds, five times. */
  async function reportFor(clock: VirtualClock, socket: Socket, session: MediaSession, ssrc?: number) {
    for (let round = 0; round < 5; round++) {
      await send(socket, session, report(ssrc));
      await clock.advance(2900);
    }
  }

  it("is alive while its reports come", async () => {
    const { clock, session, peer, quiet } = await newSession();
    await send(peer.socket, session, rtp(1));
    await reportFor(clock, peer.socket, session);
    expect(Math.max(...quiet)).toBeLessThan(3000);
    await clock.advance(10_000);
    expect(Math.max(...quiet)).toBeGreaterThanOrEqual(9000);
  });

  it.each([["of another stream", PEER + 1], ["that are none", undefined]] as const)("is not kept alive by reports %s", async (_, ssrc) => {
    const { clock, session, peer, quiet } = await newSession();
    await send(peer.socket, session, rtp(1));
    await clock.advance(100);
    if (ssrc === undefined) await send(peer.socket, session, Uint8Array.of(0x80, 201, 0, 9));
    await reportFor(clock, peer.socket, session, ssrc ?? PEER + 2);
    expect(Math.max(...quiet)).toBeGreaterThanOrEqual(14_000);
    expect((await session.close()).packetsInvalid).toBeGreaterThanOrEqual(5);
  });
});
