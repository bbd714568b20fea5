import { createSocket } from "node:dgram";
import { once } from "node:events";
import { afterEach, describe, expect, it } from "vitest";
import { VirtualClock } from "../base/index.ts";
import { buildRtcp, createSrtpReceiver, createSrtpSender, isRtcp, keyAndSaltBytes, parseRtp, rtpView, writeRtpHeader, type SrtpKeys, type SrtpProfile } from "../rtp/index.ts";
import { createMediaEngine, type MediaParameters } from "./index.ts";
import { securePath } from "./secure-path.ts";

const releases: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const release of releases.splice(0)) await release();
});

const profile = "AES_CM_128_HMAC_SHA1_80";
const keyOf = (seed: number, of: SrtpProfile = profile) => new Uint8Array(keyAndSaltBytes(of)).fill(seed);
const keys = (send: number, receive: number, of: SrtpProfile = profile): SrtpKeys => ({ profile: of, send: keyOf(send, of), receive: keyOf(receive, of) });

async function newSession(security: SrtpKeys | undefined) {
  const clock = new VirtualClock();
  const engine = await createMediaEngine({ host: "127.0.0.1", ports: [0, 0], workers: 0, clock });
  releases.push(() => engine.close());
  const session = await engine.open();
  const socket = createSocket("udp4");
  const came: Uint8Array[] = [];
  socket.on("message", (datagram) => came.push(Uint8Array.from(datagram)));
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  releases.push(() => new Promise((resolve) => socket.close(() => resolve())));
  const parameters: MediaParameters = {
    remote: { host: "127.0.0.1", port: socket.address().port },
    codec: "PCMU",
    payloadType: 0,
    direction: "sendrecv",
    rtcp: "mux",
    ...(security && { security }),
  };
  session.configure(parameters);
  const send = async (packet: Uint8Array | undefined) => {
    await new Promise<void>((resolve) => socket.send(packet ?? expect.fail("nothing to send"), session.local.port, "127.0.0.1", () => resolve()));
    // Datagrams of loopback are there with the next turn of the loop.
    await new Promise((resolve) => setImmediate(resolve));
  };
  const counted = async () => {
    await clock.advance(20);
    const { packetsReceived, packetsInvalid, packetsDiscarded } = await engine.statistics();
    return { packetsReceived, packetsInvalid, packetsDiscarded };
  };
  return { clock, session, came, parameters, send, counted };
}

const rtp = (sequence: number) => {
  const packet = new Uint8Array(172).fill(0x7f);
  writeRtpHeader(packet, { marker: false, payloadType: 0, ssrc: 7, sequence, timestamp: sequence * 160 });
  return packet;
};
const report = () => buildRtcp([{ type: "receiver_report", ssrc: 7, blocks: [] }, { type: "description", chunks: [{ ssrc: 7, cname: "peer" }] }]);

describe("a session with keys", () => {
  it("sends nothing but SRTP and SRTCP, which the peer can open", async () => {
    const { clock, session, came } = await newSession(keys(1, 2));
    // Two reports at the latest: the goodbye may come after the session has closed.
    await clock.advance(10_000);
    await session.close();
    const peer = createSrtpReceiver(profile, keyOf(1));
    const control = came.filter(isRtcp);
    const media = came.filter((packet) => !isRtcp(packet));
    expect(media.length).toBeGreaterThan(300);
    expect(control.length).toBeGreaterThan(1);
    const view = rtpView();
    for (const packet of media) {
      const plain = peer.open(packet) ?? expect.fail("not SRTP");
      expect(parseRtp(plain, view)).toBeUndefined();
      expect([plain.length, plain.subarray(12).every((code) => code === 0xff)]).toEqual([172, true]);
    }
    for (const packet of control) expect(peer.openControl(packet)).toBeDefined();
  });

  it("hears only who has the key: nothing else moves its counters, or where it sends to", async () => {
    const { session, send, counted } = await newSession(keys(1, 2));
    const heard: unknown[] = [];
    session.events.on("received", (source) => heard.push(source));
    const peer = createSrtpSender(profile, keyOf(2));
    const stranger = createSrtpSender(profile, keyOf(9));
    await send(rtp(1));
    await send(report());
    await send(stranger.protect(rtp(2)));
    await send(stranger.protectControl(report()));
    expect(await counted()).toEqual({ packetsReceived: 0, packetsInvalid: 4, packetsDiscarded: 0 });
    expect(heard).toEqual([]);
    const packet = Uint8Array.from(peer.protect(rtp(3)) ?? []);
    await send(packet);
    await send(packet);
    await send(packet.subarray(0, -1));
    await send(peer.protectControl(report()));
    expect(await counted()).toEqual({ packetsReceived: 1, packetsInvalid: 6, packetsDiscarded: 0 });
    expect(heard).toHaveLength(1);
  });

  it("goes on with another key in mid-call, and takes what is under way of the former one until the first of the new", async () => {
    const { clock, session, came, parameters, send, counted } = await newSession(keys(1, 2));
    const [before, after] = [createSrtpSender(profile, keyOf(2)), createSrtpSender(profile, keyOf(3))];
    await send(before.protect(rtp(1)));
    session.configure({ ...parameters, security: keys(4, 3) });
    await send(before.protect(rtp(2)));
    await send(after.protect(rtp(3)));
    await send(before.protect(rtp(4)));
    expect(await counted()).toMatchObject({ packetsReceived: 3, packetsInvalid: 1 });
    came.length = 0;
    await clock.advance(100);
    const peer = createSrtpReceiver(profile, keyOf(4));
    expect(came.map((packet) => peer.open(packet) !== undefined)).toEqual(came.map(() => true));
    expect(came.length).toBeGreaterThan(3);
  });

  it("sends and hears in the clear again once that was agreed", async () => {
    const { session, parameters: { security: _, ...clear }, send, counted } = await newSession(keys(1, 2));
    session.configure(clear);
    await send(rtp(1));
    await send(createSrtpSender(profile, keyOf(2)).protectControl(report()));
    expect(await counted()).toMatchObject({ packetsReceived: 1, packetsInvalid: 1 });
  });
});

describe("a path", () => {
  it("never begins the key stream of a key anew", () => {
    const first = securePath(keys(1, 2), undefined)!;
    expect(first.seal(rtp(5))).toBeDefined();
    const again = securePath(keys(1, 3), first)!;
    expect([again.seal(rtp(5)), again.seal(rtp(6))].map(Boolean)).toEqual([false, true]);
    const other = securePath(keys(5, 3, "AES_CM_128_HMAC_SHA1_32"), again)!;
    expect(other.seal(rtp(6))).toHaveLength(172 + 4);
  });

  it("goes on counting with a key that comes back, both ways, of RTP and RTCP", () => {
    const peer = createSrtpSender(profile, keyOf(2));
    const packet = Uint8Array.from(peer.protect(rtp(5)) ?? []);
    const first = securePath(keys(1, 2), undefined)!;
    expect([first.open(packet), first.seal(rtp(5)), first.sealControl(report())].map(Boolean)).toEqual([true, true, true]);
    const between = [securePath(keys(5, 6, "AES_CM_128_HMAC_SHA1_32"), first)!];
    for (let seed = 10; seed < 16; seed++) between.push(securePath(keys(seed, seed), between.at(-1))!);
    const back = securePath(keys(1, 2), between.at(-1))!;
    expect([back.open(packet), back.seal(rtp(5))]).toEqual([undefined, undefined]);
    // RFC 3711 §3.4: the index of SRTCP is one more with each packet.
    const sealed = back.sealControl(report()) ?? expect.fail("not sealed");
    expect(new DataView(sealed.buffer, sealed.byteOffset).getUint32(sealed.length - 14) & 0x7fffffff).toBe(1);
    expect(back.open(peer.protect(rtp(6)) ?? expect.fail("not protected"))).toEqual(rtp(6));
  });

  it("takes nothing twice because something else has changed", () => {
    const packet = Uint8Array.from(createSrtpSender(profile, keyOf(2)).protect(rtp(5)) ?? []);
    const first = securePath(keys(1, 2), undefined)!;
    expect(first.open(packet)).toBeDefined();
    expect(securePath(keys(4, 2), first)!.open(packet)).toBeUndefined();
    expect(securePath(keys(1, 3), first)!.open(packet)).toBeUndefined();
  });
});
