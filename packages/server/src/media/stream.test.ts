import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { afterEach, describe, expect, it } from "vitest";
import { g711 } from "../audio/index.ts";
import { VirtualClock } from "../base/index.ts";
import { parseRtp, rtpView, writeRtpHeader } from "../rtp/index.ts";
import { createMediaEngine, type MediaParameters, type MediaSession } from "./index.ts";

const releases: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const release of releases.splice(0).toReversed()) await release();
});

/** A phone that sends frames of one code each, and keeps what it gets. */
async function newPhone() {
  const socket = createSocket("udp4");
  /** The last code of each frame. */
  const got: number[] = [];
  const arrivals: (() => void)[] = [];
  socket.on("message", (datagram) => {
    const view = rtpView();
    if (parseRtp(datagram, view) === undefined) got.push(datagram[view.payloadOffset + view.payloadLength - 1] ?? -1);
    for (const arrived of arrivals.splice(0)) arrived();
  });
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  releases.push(() => new Promise((resolve) => socket.close(() => resolve())));
  /** Resolves when what it has got is as asked for. */
  const until = async (enough: () => boolean) => {
    while (!enough()) await new Promise<void>((resolve) => arrivals.push(resolve));
  };
  return { socket, got, until };
}

/** Sends one frame; resolves when the system has taken it. */
function send(socket: Socket, session: MediaSession, number: number, code: number): Promise<void> {
  const datagram = new Uint8Array(172).fill(code);
  writeRtpHeader(datagram, { marker: false, payloadType: 0, ssrc: 7, sequence: number & 0xffff, timestamp: number * 160 });
  return new Promise((resolve, reject) => socket.send(datagram, session.local.port, "127.0.0.1", (failure) => (failure ? reject(failure) : resolve())));
}

async function newCall(workers: number, clock?: VirtualClock) {
  const engine = await createMediaEngine({ host: "127.0.0.1", ports: [0, 0], workers, ...(clock && { clock }) });
  releases.push(() => engine.close());
  const session = await engine.open();
  const phone = await newPhone();
  const parameters: MediaParameters = { remote: { host: "127.0.0.1", port: phone.socket.address().port }, codec: "PCMU", payloadType: 0, direction: "sendrecv" };
  return { engine, session, phone, parameters };
}

/** Loud ones: what makes up for a frame that is late is half as loud at its end, and has another code. */
const codes = Array.from({ length: 40 }, (_, index) => (index % 15) + 1);
const lastCode = (frame: Int16Array) => g711.PCMU.encode(frame.subarray(-1))[0];

describe.each([["on a worker", 1], ["in this thread", 0]])("what a party says and a bot gives back, %s", (_, workers) => {
  it("comes back unchanged, in order, all of it", async () => {
    const { session, phone, parameters } = await newCall(workers);
    session.configure(parameters);
    const feed = session.feed();
    session.listen((frame) => feed.push(frame));
    await phone.until(() => phone.got.length > 0);
    const begun = phone.got.length;
    for (const [index, code] of codes.entries()) {
      await send(phone.socket, session, index + 1, code);
      // The session's own packets are the clock, also where some of them come at once.
      await phone.until(() => phone.got.length > begun + index);
    }
    const back = () => phone.got.filter((code) => code <= 15);
    await phone.until(() => back().length === codes.length);
    feed.flush();
    expect(back()).toEqual(codes);
    const { heardMs, complete } = await feed.result;
    expect(heardMs % 20).toBe(0);
    expect(heardMs).toBeGreaterThanOrEqual(codes.length * 20);
    expect(complete).toBe(false);
  });

  it("stops at once when it is flushed, and the result says what has left", async () => {
    const { session, phone, parameters } = await newCall(workers);
    session.configure(parameters);
    const feed = session.feed();
    const marked: number[] = [];
    feed.push(g711.PCMU.decode(new Uint8Array(16_000).fill(9)));
    const told = session.feed({ hooks: { marked: (mark) => marked.push(mark) } });
    told.push(g711.PCMU.decode(new Uint8Array(320).fill(11)));
    told.mark(5);
    told.end();
    const of = (code: number) => phone.got.filter((one) => one === code);
    await phone.until(() => of(9).length === 10);
    const before = of(9).length;
    feed.flush();
    const { heardMs, complete } = await feed.result;
    expect([await told.result, marked]).toEqual([{ complete: true, heardMs: 40, skippedMs: 0, underrunMs: 0 }, [5]]);
    await phone.until(() => of(11).length === 2);
    expect([heardMs, complete]).toEqual([of(9).length * 20, false]);
    // One may be on its way; what is sent after that would be 40 ms late.
    expect(of(9).length - before).toBeLessThanOrEqual(2);
  });
});

describe("a listener", () => {
  /** Frames that are heard while the phone sends for so many turns of 20 ms; 0 is silence. */
  async function listening() {
    const clock = new VirtualClock();
    const call = await newCall(0, clock);
    const heard: (number | undefined)[] = [];
    const stop = call.session.listen((frame) => heard.push(frame.some((sample) => sample !== 0) ? lastCode(frame) : 0));
    let number = 0;
    const talk = async (frames: number) => {
      for (let frame = 0; frame < frames; frame++) {
        await send(call.phone.socket, call.session, ++number, number);
        await clock.advance(20);
      }
    };
    return { ...call, clock, heard, stop, talk };
  }

  it("hears silence by the clock before media has begun, then what comes", async () => {
    const { session, parameters, clock, heard, talk } = await listening();
    await clock.advance(1000);
    expect(heard.length).toBeGreaterThanOrEqual(46);
    session.configure(parameters);
    await talk(3);
    expect(heard.filter((code) => code !== 0)).toEqual([1, 2, 3]);
    expect(Math.abs(heard.length - 53)).toBeLessThanOrEqual(2);
  });

  it("hears silence of a party that is muted, on hold, or may not speak; time goes on", async () => {
    const { session, parameters, clock, heard, talk } = await listening();
    session.configure(parameters);
    await talk(2);
    session.mute(true);
    await talk(10);
    session.mute(false);
    await talk(2);
    session.hold("party", new Int16Array(1600).fill(3));
    await talk(10);
    session.hold("party", undefined);
    await talk(2);
    session.configure({ ...parameters, direction: "sendonly" });
    await talk(50);
    expect(heard.filter((code) => code !== 0)).toEqual([1, 2, 13, 14, 25, 26]);
    expect(Math.abs(heard.length - 76)).toBeLessThanOrEqual(4);
    session.configure(parameters);
    await talk(1);
    await clock.advance(20);
    expect(heard).toContain(77);
  });

  it("hears each party of two that are joined, and stops when it is told to", async () => {
    const { engine, session, parameters, heard, stop, talk } = await listening();
    const other = await engine.open({ near: session });
    const otherPhone = await newPhone();
    other.configure({ ...parameters, remote: { host: "127.0.0.1", port: otherPhone.socket.address().port } });
    session.configure(parameters);
    session.join(other);
    const otherHeard: number[] = [];
    other.listen((frame) => otherHeard.push(frame[0] ?? 0));
    await talk(5);
    await send(otherPhone.socket, other, 1, 3);
    await talk(5);
    expect(heard.filter((code) => code !== 0)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(otherHeard.filter((sample) => sample !== 0)).toEqual([g711.PCMU.decode(Uint8Array.of(3))[0]]);
    stop();
    const count = heard.length;
    await talk(5);
    expect(heard.length).toBe(count);
  });
});
