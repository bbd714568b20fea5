import { afterEach, describe, expect, it } from "vitest";
import { audible, dtmfSamples, silenceSource, sourceOf, tonePower, toneSource, type AudioSource } from "../audio/index.ts";
import { concatSamples, VirtualClock } from "../base/index.ts";
import { createMediaEngine, type MediaEngine, type MediaParameters, type MediaSession, type MediaSessionEvents, type TapBatch } from "./index.ts";

const engines: MediaEngine[] = [];

/** An engine in this thread, on time that the test moves; its packets go over real sockets. */
async function newEngine(ports: readonly [number, number] = [0, 0]) {
  const clock = new VirtualClock();
  const engine = await createMediaEngine({ host: "127.0.0.1", ports, workers: 0, clock });
  engines.push(engine);
  return { clock, engine };
}

afterEach(async () => {
  await Promise.all(engines.splice(0).map((engine) => engine.close()));
});

const towards = (other: MediaSession, more: Partial<MediaParameters> = {}): MediaParameters => ({
  remote: other.local,
  codec: "PCMU",
  payloadType: 0,
  telephoneEventPayloadType: 101,
  direction: "sendrecv",
  ...more,
});

/** Two sessions that talk to each other over loopback. */
async function pair(engine: MediaEngine, more: Partial<MediaParameters> = {}) {
  const one = await engine.open();
  const other = await engine.open();
  one.configure(towards(other, more));
  other.configure(towards(one, more));
  return [one, other] as const;
}

/** What passes a session, from now on. */
function listen(session: MediaSession, side: keyof TapBatch = "received") {
  const batches: Int16Array[] = [];
  const untap = session.tap((batch) => batches.push(batch[side]));
  return { untap, samples: () => concatSamples(batches) };
}

const never = new AbortController().signal;
const play = (session: MediaSession, frequencyHz: number, signal = never) => session.play(toneSource({ frequencyHz }), signal);

/** The frequencies out of a few that are heard in the second half of `samples`. */
const tones = (samples: Int16Array) => [440, 700, 1000].filter((hz) => tonePower(samples.subarray(samples.length / 2), hz) > 0.01);

describe("two sessions", () => {
  it.each([
    ["PCMU", 0],
    ["PCMA", 8],
  ] as const)("hear each other in %s", async (codec, payloadType) => {
    const { clock, engine } = await newEngine();
    const [one, other] = await pair(engine, { codec, payloadType });
    const heard = listen(other);
    const playing = one.play(toneSource({ frequencyHz: 440, durationMs: 400 }), never);
    await clock.advance(600);
    expect(await playing).toEqual({ complete: true, heardMs: 400 });
    expect(tones(heard.samples().subarray(0, 3200))).toEqual([440]);
  });

  it("send silence from the moment they are configured, and tell who was heard first", async () => {
    const { clock, engine } = await newEngine();
    const [one, other] = await pair(engine);
    const heard: MediaSessionEvents["received"][] = [];
    other.events.on("received", (event) => heard.push(event));
    await clock.advance(200);
    expect(heard).toEqual([one.local]);
    const { packetsSent, packetsReceived, packetsLost, packetsDiscarded, packetsInvalid } = await engine.statistics();
    expect(packetsSent).toBeGreaterThanOrEqual(20);
    expect(packetsReceived).toBeGreaterThanOrEqual(packetsSent - 2);
    expect([packetsLost, packetsDiscarded, packetsInvalid]).toEqual([0, 0, 0]);
  });

  it.each(["recvonly", "inactive"] as const)("send nothing while %s; what is played waits", async (direction) => {
    const { clock, engine } = await newEngine();
    const [one, other] = await pair(engine);
    one.configure(towards(other, { direction }));
    const playing = one.play(silenceSource(100), never);
    await clock.advance(500);
    expect((await other.close()).packetsReceived).toBe(0);
    one.configure(towards(other));
    await clock.advance(200);
    expect(await playing).toEqual({ complete: true, heardMs: 100 });
  });

  it("hear nothing of what comes while they only send", async () => {
    const { clock, engine } = await newEngine();
    const [one, other] = await pair(engine);
    other.configure(towards(one, { direction: "sendonly" }));
    const heard = listen(other);
    void play(one, 440);
    await clock.advance(500);
    expect(audible(heard.samples())).toBe(false);
  });
});

describe("joined sessions", () => {
  it("hear each other, and nobody else does, until they are unjoined", async () => {
    const { clock, engine } = await newEngine();
    const [caller, callerPhone] = await pair(engine);
    const [callee, calleePhone] = await pair(engine);
    const [stranger] = await pair(engine);
    const unjoin = caller.join(callee);
    void play(callerPhone, 440);
    void play(calleePhone, 1000);
    const [atCaller, atCallee, atStranger, sent] = [listen(callerPhone), listen(calleePhone), listen(stranger), listen(caller, "sent")];
    await clock.advance(500);
    expect([atCaller, atCallee, atStranger, sent].map((heard) => tones(heard.samples()))).toEqual([[1000], [440], [], [1000]]);
    unjoin();
    const after = listen(callerPhone);
    await clock.advance(500);
    expect(tones(after.samples())).toEqual([]);
  });

  it("hear a playback over their partner", async () => {
    const { clock, engine } = await newEngine();
    const [caller, callerPhone] = await pair(engine);
    const [callee, calleePhone] = await pair(engine);
    caller.join(callee);
    void play(calleePhone, 1000);
    void play(caller, 700);
    const [atCaller, atCallee] = [listen(callerPhone), listen(calleePhone)];
    await clock.advance(500);
    expect([tones(atCaller.samples()), tones(atCallee.samples())]).toEqual([[700, 1000], []]);
  });

  it("are heard no more when one of them closes", async () => {
    const { clock, engine } = await newEngine();
    const [caller, callerPhone] = await pair(engine);
    const [callee, calleePhone] = await pair(engine);
    caller.join(callee);
    void play(calleePhone, 1000);
    await clock.advance(200);
    await callee.close();
    const heard = listen(callerPhone);
    await clock.advance(400);
    expect(audible(heard.samples().subarray(1600))).toBe(false);
  });
});

describe("a playback", () => {
  it("has its first packet on the wire within 20 ms, and says so", async () => {
    const { clock, engine } = await newEngine();
    const [one] = await pair(engine);
    await clock.advance(100);
    const started: string[] = [];
    one.events.on("playing", ({ kind }) => started.push(kind));
    void play(one, 440);
    await clock.advance(20);
    expect(started).toEqual(["tone"]);
  });

  it("is flushed at once when it is aborted, and tells what was heard; the next one follows", async () => {
    const { clock, engine } = await newEngine();
    const [one, other] = await pair(engine);
    const stop = new AbortController();
    const first = play(one, 440, stop.signal);
    const next = one.play(toneSource({ frequencyHz: 1000, durationMs: 300 }), never);
    await clock.advance(1000);
    stop.abort();
    const { complete, heardMs } = await first;
    expect(complete).toBe(false);
    expect(Math.abs(heardMs - 1000)).toBeLessThanOrEqual(20);
    const heard = listen(other);
    await clock.advance(500);
    expect(await next).toEqual({ complete: true, heardMs: 300 });
    const samples = heard.samples();
    expect(tonePower(samples.subarray(800, 2400), 440)).toBeLessThan(0.001);
    expect(tonePower(samples.subarray(800, 2400), 1000)).toBeGreaterThan(0.01);
  });

  it("does not begin when it was aborted before", async () => {
    const { engine } = await newEngine();
    const [one] = await pair(engine);
    expect(await play(one, 440, AbortSignal.abort())).toEqual({ complete: false, heardMs: 0 });
  });

  it("rejects when the source fails, and leaves the queue to the others", async () => {
    const { clock, engine } = await newEngine();
    const [one] = await pair(engine);
    const failing: AudioSource = {
      kind: "file",
      chunks: (async function* () {
        yield new Int16Array(160);
        throw new Error("broken");
      })(),
    };
    const next = [one.play(failing, never), one.play(silenceSource(60), never)];
    await expect(next[0]).rejects.toThrow("broken");
    await clock.advance(200);
    expect(await next[1]).toEqual({ complete: true, heardMs: 60 });
  });

  it("reads its source two seconds ahead and no further", async () => {
    const { clock, engine } = await newEngine();
    const [one] = await pair(engine);
    let read = 0;
    const counted: AudioSource = {
      kind: "file",
      chunks: (async function* () {
        for (;;) {
          read += 20;
          yield new Int16Array(160);
        }
      })(),
    };
    void one.play(counted, never);
    await clock.advance(100);
    expect(read).toBeLessThanOrEqual(2040);
    await clock.advance(3000);
    expect(read).toBeGreaterThanOrEqual(4500);
    expect(read).toBeLessThanOrEqual(5200);
    expect((await engine.statistics()).underruns).toBe(0);
  });

  it("does not wait for a source that is stuck when it is aborted", async () => {
    const { engine } = await newEngine();
    const [one] = await pair(engine);
    const stop = new AbortController();
    const stuck: AudioSource = { kind: "speech", chunks: { [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => undefined) }) } };
    const playing = one.play(stuck, stop.signal);
    stop.abort();
    expect(await playing).toEqual({ complete: false, heardMs: 0 });
  });
});

describe("digits", () => {
  it("arrive as they were pressed", async () => {
    const { clock, engine } = await newEngine();
    const [one, other] = await pair(engine);
    const digits: string[] = [];
    other.events.on("digit", ({ digit, durationMs }) => digits.push(`${digit} ${durationMs}`));
    const sending = one.sendDigits("1,#a", never);
    await clock.advance(1200);
    await sending;
    expect(digits).toEqual(["1 100", "# 100", "A 100"]);
  });

  it("are heard as tones by a peer that takes no events", async () => {
    const { clock, engine } = await newEngine();
    const [one, other] = await pair(engine);
    const { telephoneEventPayloadType: _, ...without } = towards(other);
    one.configure(without);
    const heard = listen(other);
    void one.sendDigits("5", never);
    await clock.advance(200);
    const keys = [697, 770, 852, 941, 1209, 1336, 1477, 1633].filter((hz) => tonePower(heard.samples().subarray(480, 1120), hz) > 0.01);
    expect(keys).toEqual([770, 1336]);
  });

  it("are heard in what a peer says that sends no events, each once, however long", async () => {
    const { clock, engine } = await newEngine();
    const [one, other] = await pair(engine);
    for (const [session, far] of [[one, other], [other, one]] as const) {
      const { telephoneEventPayloadType: _, ...without } = towards(far);
      session.configure(without);
    }
    const digits: string[] = [];
    other.events.on("digit", ({ digit }) => digits.push(digit));
    const sending = one.sendDigits("147*0#A", never);
    await clock.advance(1500);
    await sending;
    void one.play(sourceOf(dtmfSamples("5", 3000), "file"), never);
    await clock.advance(3500);
    expect(digits.join("")).toBe("147*0#A5");
    // A peer that takes events is believed: what sounds like a key in its audio is none.
    other.configure(towards(one));
    void one.play(sourceOf(dtmfSamples("9"), "file"), never);
    await clock.advance(500);
    expect(digits.length).toBe(8);
  });

  it("stop when they are aborted, with the pressed key released", async () => {
    const { clock, engine } = await newEngine();
    const [one, other] = await pair(engine);
    const digits: string[] = [];
    other.events.on("digit", ({ digit }) => digits.push(digit));
    const stop = new AbortController();
    const sending = one.sendDigits("123456", stop.signal);
    await clock.advance(200);
    stop.abort();
    await sending;
    await clock.advance(1000);
    expect(digits).toEqual(["1", "2"]);
  });

  it("that are no digits are refused without being repeated", async () => {
    const { engine } = await newEngine();
    const [one] = await pair(engine);
    await expect(one.sendDigits("12x", never)).rejects.toMatchObject({ code: "invalid_request", message: expect.not.stringContaining("12x") });
  });
});

describe("a tap", () => {
  it("hands over both sides of the same time, 100 ms at once, silence included", async () => {
    const { clock, engine } = await newEngine();
    const [one] = await pair(engine);
    const lengths: number[][] = [];
    const untap = one.tap(({ received, sent }) => lengths.push([received.length, sent.length]));
    await clock.advance(1000);
    untap();
    await clock.advance(200);
    // The first frame leaves at once: the 51st is what was under way at the end.
    expect(lengths).toEqual([...Array.from({ length: 10 }, () => [800, 800]), [160, 160]]);
  });

  it("that ends, by its listener or with the session, first hands over what was under way", async () => {
    const { clock, engine } = await newEngine();
    const [one, other] = await pair(engine);
    const counts = [0, 0, 0];
    const ended: number[] = [];
    const count = (index: number) => ({ received }: { readonly received: Int16Array }) => void (counts[index]! += received.length);
    const untap = one.tap(count(0), { ended: () => ended.push(0) });
    one.tap(count(1), { ended: () => ended.push(1) });
    other.tap(count(2), { ended: () => ended.push(2) });
    await clock.advance(160);
    untap();
    untap();
    await clock.advance(0);
    expect([counts[0], counts[1], ended]).toEqual([1440, 1440, [0]]);
    await clock.advance(80);
    await Promise.all([one.close(), other.close()]);
    expect(counts).toEqual([1440, 2080, 1920]);
    expect(new Set(ended)).toEqual(new Set([0, 1, 2]));
  });

  it("of a session that is closed is over at once", async () => {
    const { engine } = await newEngine();
    const [one] = await pair(engine);
    await one.close();
    const ended = new Promise<void>((resolve) => {
      one.tap(() => undefined, { ended: resolve })();
    });
    await ended;
  });

  it("is as quick as its most impatient listener, and loses nothing when listeners come and go", async () => {
    const { clock, engine } = await newEngine();
    const [one] = await pair(engine);
    const patient: number[] = [];
    const quick: number[] = [];
    one.tap(({ received }) => patient.push(received.length));
    await clock.advance(250);
    const untap = one.tap(({ received }) => quick.push(received.length), { batchMs: 20 });
    await clock.advance(100);
    untap();
    await clock.advance(650);
    expect(quick.slice(1)).toEqual([160, 160, 160, 160, 160]);
    expect(patient.reduce((sum, length) => sum + length, 0)).toBeGreaterThanOrEqual(8000 - 800);
    expect(patient.filter((length) => length === 160).length).toBeLessThan(8);
  });
});

describe("an engine", () => {
  it("tells each full second of quiet, but not while it expects nothing", async () => {
    const { clock, engine } = await newEngine();
    const [one, other] = await pair(engine);
    const quiet: number[] = [];
    other.events.on("quiet", ({ quietMs }) => quiet.push(quietMs));
    await clock.advance(500);
    one.configure(towards(other, { direction: "inactive" }));
    await clock.advance(3100);
    expect(quiet).toEqual([1000, 2000, 3000]);
    other.configure(towards(one, { direction: "sendonly" }));
    await clock.advance(3000);
    expect(quiet.length).toBe(3);
  });

  it("leaves neither timers nor ports behind, and ends what was under way", async () => {
    const { clock, engine } = await newEngine([40_100, 40_101]);
    const [one, other] = await pair(engine);
    await expect(engine.open()).rejects.toMatchObject({ code: "out_of_ports" });
    const [playing, sending] = [play(one, 440), one.sendDigits("1", never)];
    await clock.advance(200);
    const statistics = await one.close();
    expect(await one.close()).toEqual(statistics);
    expect(await playing).toEqual({ complete: false, heardMs: expect.any(Number) });
    await sending;
    expect((await engine.open()).local.port).toBe(one.local.port);
    await other.close();
    expect(clock.timers).toBe(0);
    expect((await engine.statistics()).packetsSent).toBeGreaterThanOrEqual(statistics.packetsSent);
    await engine.close();
    expect(engine.sessions).toBe(0);
    await expect(engine.open()).rejects.toMatchObject({ code: "media_failed" });
  });

  it("keeps its pace when a listener throws", async () => {
    const { clock, engine } = await newEngine();
    const [one] = await pair(engine);
    let batches = 0;
    one.tap(() => {
      batches += 1;
      throw new Error("listener");
    });
    await clock.advance(1000);
    expect(batches).toBe(10);
  });
});
