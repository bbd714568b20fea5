import { createSocket } from "node:dgram";
import { once } from "node:events";
import { afterEach, describe, expect, it } from "vitest";
import { createDecoder, createEncoder, FRAME_SAMPLES, pcmBytes, tonePower, toneSamples, toneSource, type AudioCodec } from "../audio/index.ts";
import { concatSamples, VirtualClock } from "../base/index.ts";
import { parseRtp, rtpView, writeRtpHeader } from "../rtp/index.ts";
import { createMediaEngine, type MediaParameters, type MediaSession } from "./index.ts";
import { tonesThrough } from "./tones-through.test.support.ts";

const releases: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const release of releases.splice(0)) await release();
});

const never = new AbortController().signal;
const payloadTypes = { PCMU: 0, PCMA: 8, G722: 9, opus: 111 } as const;
const spoken = (codec: AudioCodec) => ({ codec, payloadType: payloadTypes[codec] });
const towards = (host: string, port: number, codec: AudioCodec, more: Partial<MediaParameters> = {}): MediaParameters => ({
  remote: { host, port }, ...spoken(codec), telephoneEventPayloadType: 101, direction: "sendrecv", ...more,
});

/** An engine in this thread, on time that the test moves; its packets go over real sockets. */
async function newEngine() {
  const clock = new VirtualClock();
  const engine = await createMediaEngine({ host: "127.0.0.1", ports: [0, 0], workers: 0, clock });
  releases.push(() => engine.close());
  /** A session, and the phone at its other end. */
  const line = async (codec: AudioCodec) => {
    const [session, phone] = [await engine.open(), await engine.open()];
    const speak = (next: AudioCodec, more: Partial<MediaParameters> = {}) => {
      session.configure(towards(phone.local.host, phone.local.port, next, more));
      phone.configure(towards(session.local.host, session.local.port, next));
    };
    speak(codec);
    return { session, phone, speak };
  };
  /** The tones in what comes to a session in half a second. */
  const hears = (session: MediaSession, side: "received" | "sent" = "received") =>
    tonesThrough({ clock, session, side, candidates: [440, 700, 1000], share: 0.05 });
  return { clock, engine, line, hears };
}

const says = (phone: MediaSession, frequencyHz: number) => void phone.play(toneSource({ frequencyHz }), never);

describe("a bridge between codecs", () => {
  const pairs = [["PCMU", "G722"], ["PCMA", "G722"], ["G722", "G722"], ["PCMU", "PCMA"]] as const;
  it.each(pairs)("%s and %s: both hear each other, and a tap hears both", async (ours, theirs) => {
    const { line, hears } = await newEngine();
    const [ann, bob] = [await line(ours), await line(theirs)];
    ann.session.join(bob.session);
    says(ann.phone, 440);
    says(bob.phone, 1000);
    expect([await hears(ann.phone), await hears(bob.phone)]).toEqual([[1000], [440]]);
    expect([await hears(ann.session), await hears(ann.session, "sent")]).toEqual([[440], [1000]]);
  });

  it("goes on through a change of codec in mid-call, and through hold and resume", async () => {
    const { line, hears } = await newEngine();
    const [ann, bob] = [await line("PCMU"), await line("PCMU")];
    ann.session.join(bob.session);
    says(ann.phone, 440);
    says(bob.phone, 1000);
    for (const codec of ["G722", "PCMA", "G722"] as const) {
      bob.speak(codec);
      expect([await hears(ann.phone), await hears(bob.phone)]).toEqual([[1000], [440]]);
    }
    bob.speak("G722", { direction: "inactive" });
    expect([await hears(ann.phone), await hears(bob.phone)]).toEqual([[], []]);
    bob.speak("G722");
    expect([await hears(ann.phone), await hears(bob.phone)]).toEqual([[1000], [440]]);
  });

  it("passes keys as events, and takes those in the sound where the peer knows no events", async () => {
    const { clock, line } = await newEngine();
    const ann = await line("G722");
    const keys: string[] = [];
    ann.session.events.on("digit", ({ digit }) => keys.push(digit));
    const sending = ann.phone.sendDigits("159#", never);
    await clock.advance(1500);
    await sending;
    for (const [session, peer] of [[ann.session, ann.phone], [ann.phone, ann.session]] as const) {
      session.configure({ remote: peer.local, ...spoken("G722"), direction: "sendrecv" });
    }
    const inBand = ann.phone.sendDigits("D80", never);
    await clock.advance(1500);
    await inBand;
    expect(keys.join("")).toBe("159#D80");
  });
});

/** A session and a bare socket that speak G.722. */
async function wire() {
  const { clock, engine } = await newEngine();
  const session = await engine.open();
  const socket = createSocket("udp4");
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  releases.push(() => new Promise<void>((resolve) => void socket.close(() => resolve())));
  session.configure(towards("127.0.0.1", socket.address().port, "G722"));
  const heard: Int16Array[] = [];
  session.tap(({ received }) => heard.push(received));
  const send = (sequence: number, timestamp: number, payload: Uint8Array, ssrc = 7) => {
    const datagram = new Uint8Array(12 + payload.length);
    datagram.set(payload, writeRtpHeader(datagram, { marker: false, payloadType: 9, ssrc, sequence, timestamp }));
    return new Promise<void>((resolve, reject) =>
      socket.send(datagram, session.local.port, "127.0.0.1", (failure) => (failure ? reject(failure) : resolve())));
  };
  return { clock, session, socket, send, heard: () => concatSamples(heard) };
}

/** A tone, coded as one stream. */
function stream(frequencyHz: number, durationMs: number): Uint8Array {
  const samples = toneSamples({ frequencyHz, durationMs });
  const codes = new Uint8Array(samples.length);
  createEncoder("G722").encode(samples, codes, 0);
  return codes;
}

describe("G.722 on the wire (RFC 3551 §4.5.2)", () => {
  it("is sent with 160 octets in 20 ms and a clock of 8000, although it is sampled at 16 000", async () => {
    const { clock, session, socket } = await wire();
    const packets: { readonly timestamp: number; readonly payload: Uint8Array }[] = [];
    socket.on("message", (datagram) => {
      const view = rtpView();
      if (parseRtp(datagram, view) !== undefined || view.payloadType !== 9) return;
      packets.push({ timestamp: view.timestamp, payload: Uint8Array.from(datagram.subarray(view.payloadOffset)) });
    });
    const playing = session.play(toneSource({ frequencyHz: 700, durationMs: 400 }), never);
    await clock.advance(600);
    await playing;
    const [first] = packets;
    expect(packets.map(({ timestamp }) => (timestamp - first!.timestamp) >>> 0)).toEqual(packets.map((_, index) => index * FRAME_SAMPLES));
    expect(packets.every(({ payload }) => payload.length === 160)).toBe(true);
    const samples = new Int16Array(packets.length * FRAME_SAMPLES);
    const decoder = createDecoder("G722");
    for (const [index, { payload }] of packets.entries()) decoder.decode(payload, samples.subarray(index * FRAME_SAMPLES));
    // Silence before and behind it is part of the same stream.
    expect(tonePower(samples.subarray(800, 2400), 700)).toBeGreaterThan(0.95);
    expect(samples.subarray(-160).every((sample) => Math.abs(sample) < 50)).toBe(true);
  });

  it.each([10, 30, 40, 60])("is taken in packets of %i ms", async (packetMs) => {
    const { clock, send, heard } = await wire();
    const codes = stream(700, 600);
    const octets = packetMs * 8;
    for (let at = 0, sequence = 0; at < codes.length; at += octets, sequence++) {
      await send(sequence, at, codes.subarray(at, at + octets));
      await clock.advance(packetMs);
    }
    await clock.advance(100);
    expect(tonePower(heard().subarray(1600, 4000), 700)).toBeGreaterThan(0.97);
  });

  it("stays a tone when packets are lost", async () => {
    const { clock, send, heard } = await wire();
    const codes = stream(700, 1200);
    for (let frame = 0; frame < 60; frame++) {
      if (frame % 10 !== 9) await send(frame, frame * FRAME_SAMPLES, codes.subarray(frame * FRAME_SAMPLES, (frame + 1) * FRAME_SAMPLES));
      await clock.advance(20);
    }
    await clock.advance(100);
    const samples = heard();
    for (let at = 1600; at + 1600 <= 8000; at += 1600) expect(tonePower(samples.subarray(at, at + 1600), 700)).toBeGreaterThan(0.8);
  });

  it("of another source begins with nothing known of the one before", async () => {
    const { clock, send, heard } = await wire();
    const [one, other] = [stream(1000, 400), stream(440, 600)];
    for (let frame = 0; frame < 20; frame++) {
      await send(frame, frame * FRAME_SAMPLES, one.subarray(frame * FRAME_SAMPLES, (frame + 1) * FRAME_SAMPLES));
      await clock.advance(20);
    }
    for (let frame = 0; frame < 30; frame++) {
      await send(5000 + frame, 90_000 + frame * FRAME_SAMPLES, other.subarray(frame * FRAME_SAMPLES, (frame + 1) * FRAME_SAMPLES), 8);
      await clock.advance(20);
    }
    await clock.advance(100);
    const alone = new Int16Array(other.length);
    createDecoder("G722").decode(other, alone);
    expect(Buffer.from(pcmBytes(heard())).indexOf(pcmBytes(alone.subarray(0, 1600)))).toBeGreaterThan(0);
  });
});
