import { Worker } from "node:worker_threads";
import { afterEach, describe, expect, it } from "vitest";
import { inSharedMemory, sourceOf, tonePower, toneSamples, toneSource } from "../audio/index.ts";
import { channels, concatSamples } from "../base/index.ts";
import { startWorker, type StartWorker } from "./host.ts";
import { createMediaEngine, type MediaEngine, type MediaParameters, type MediaSession } from "./index.ts";

const engines: MediaEngine[] = [];

/** An engine on real threads, and the threads it started. They run what was built last. */
async function newEngine(workers: number) {
  const threads: Worker[] = [];
  const engine = await createMediaEngine({
    host: "127.0.0.1",
    ports: [0, 0],
    workers,
    startWorker(settings) {
      const thread = startWorker(settings);
      threads.push(thread);
      return thread;
    },
  });
  engines.push(engine);
  return { engine, threads };
}

afterEach(async () => {
  await Promise.all(engines.splice(0).map((engine) => engine.close()));
});

const towards = (other: MediaSession): MediaParameters => ({
  remote: other.local,
  codec: "PCMU",
  payloadType: 0,
  telephoneEventPayloadType: 101,
  direction: "sendrecv",
});

async function pair(engine: MediaEngine, near?: MediaSession) {
  const one = await engine.open(near && { near });
  const other = await engine.open(near && { near });
  one.configure(towards(other));
  other.configure(towards(one));
  return [one, other] as const;
}

/** What a session receives until `hz` has been heard for half a second. */
function hears(session: MediaSession, hz: number): Promise<void> {
  return new Promise((resolve) => {
    const batches: Int16Array[] = [];
    const untap = session.tap(({ received }) => {
      batches.push(received);
      if (tonePower(concatSamples(batches.slice(-5)), hz) < 0.01 || batches.length < 5) return;
      untap();
      resolve();
    });
  });
}

const never = new AbortController().signal;

/** Chunks that must not be asked for. */
async function* failing(): AsyncGenerator<Int16Array> {
  yield await Promise.reject<Int16Array>(new Error("nobody reads chunks of what is there as a whole"));
}

describe("an engine on worker threads", () => {
  it("plays what lies in shared memory as it is, in its turn, and tells what was heard of it", async () => {
    const { engine } = await newEngine(1);
    const [one, other] = await pair(engine);
    const stop = new AbortController();
    const samples = inSharedMemory(toneSamples({ frequencyHz: 440, durationMs: 5000 }));
    const playing = [
      one.play(toneSource({ frequencyHz: 1000, durationMs: 60 }), never),
      one.play({ ...sourceOf(samples.subarray(0, 500), "file"), chunks: failing() }, never),
      one.play(sourceOf(samples, "file"), stop.signal),
      one.play(sourceOf(inSharedMemory(new Int16Array(0)), "file"), never),
    ];
    await hears(other, 440);
    stop.abort();
    const [first, second, third, empty] = await Promise.all(playing);
    expect([first, second, empty]).toEqual([{ complete: true, heardMs: 60 }, { complete: true, heardMs: 63 }, { complete: true, heardMs: 0 }]);
    expect(third).toMatchObject({ complete: false });
    expect(third?.heardMs).toBeGreaterThan(200);
  });

  it("plays, presses keys, joins within and across threads, and counts", async () => {
    const { engine } = await newEngine(2);
    const [caller, callerPhone] = await pair(engine);
    const [callee, calleePhone] = await pair(engine, callerPhone);
    const digit = new Promise((resolve) => callerPhone.events.on("digit", resolve));
    await caller.sendDigits("7", never);
    expect(await digit).toEqual({ digit: "7", durationMs: 100 });
    expect(await caller.play(toneSource({ frequencyHz: 700, durationMs: 200 }), never)).toEqual({ complete: true, heardMs: 200 });
    caller.join(callee);
    const stop = new AbortController();
    const playing = [
      callerPhone.play(toneSource({ frequencyHz: 440 }), stop.signal),
      calleePhone.play(toneSource({ frequencyHz: 1000 }), stop.signal),
    ];
    await Promise.all([hears(callerPhone, 1000), hears(calleePhone, 440)]);
    stop.abort();
    for (const { complete, heardMs } of await Promise.all(playing)) {
      expect(complete).toBe(false);
      expect(heardMs).toBeGreaterThan(300);
    }
    const { packetsSent, packetsReceived, packetsLost, underruns } = await engine.statistics();
    expect(packetsReceived).toBeGreaterThan(packetsSent * 0.9);
    expect([packetsLost, underruns]).toEqual([0, 0]);
    expect((await caller.close()).packetsSent).toBeGreaterThan(30);
    expect(engine.sessions).toBe(3);
  });

  it("survives the death of a thread: what ran there fails, and new sessions get a new thread", async () => {
    const { engine, threads } = await newEngine(1);
    const [one] = await pair(engine);
    const started = new Promise((resolve) => one.events.on("playing", resolve));
    const told = new Promise((resolve) => one.events.on("lost", resolve));
    const playing = one.play(toneSource({ frequencyHz: 440 }), never);
    const failed = expect(playing).rejects.toMatchObject({ code: "media_failed" });
    await started;
    await threads[0]!.terminate();
    await failed;
    expect(await told).toMatchObject({ failure: { code: "media_failed" } });
    await expect(one.play(toneSource({ frequencyHz: 440 }), never)).rejects.toMatchObject({ code: "media_failed" });
    expect(await one.close()).toMatchObject({ packetsSent: 0 });
    expect(engine.sessions).toBe(0);
    const [next] = await pair(engine);
    expect(await next.play(toneSource({ frequencyHz: 440, durationMs: 40 }), never)).toEqual({ complete: true, heardMs: 40 });
    expect(threads.length).toBe(2);
  });

  it("survives a thread that hangs: it is noticed in 2 s, its sessions are lost, and new ones get a new thread", async () => {
    const held = new Int32Array(new SharedArrayBuffer(4));
    const threads: Worker[] = [];
    const url = new URL("../../dist/media/worker.js", import.meta.url).href;
    const source = `
      const { workerData: { held } } = require("node:worker_threads");
      setInterval(() => { while (Atomics.load(held, 0) === 1); }, 5);
      import(${JSON.stringify(url)});`;
    const startHanging: StartWorker = (settings) => {
      const thread = threads.length > 0 ? startWorker(settings) : new Worker(source, { eval: true, workerData: { ...settings, held } });
      threads.push(thread);
      return thread;
    };
    const engine = await createMediaEngine({ host: "127.0.0.1", ports: [0, 0], workers: 1, startWorker: startHanging });
    engines.push(engine);
    const [one] = await pair(engine);
    const told: unknown[] = [];
    const listen = (message: unknown) => void told.push(message);
    channels.failure.subscribe(listen);
    const lost = new Promise((resolve) => one.events.on("lost", resolve));
    const playing = expect(one.play(toneSource({ frequencyHz: 440 }), never)).rejects.toMatchObject({ code: "media_failed" });
    await new Promise((resolve) => one.events.on("playing", resolve));
    expect((await engine.statistics()).threads).toEqual({ running: 1, died: 0, hung: 0 });
    Atomics.store(held, 0, 1);
    const ended = new Promise((resolve) => threads[0]!.on("exit", resolve));
    expect(await lost).toMatchObject({ failure: { code: "media_failed" } });
    await playing;
    // A thread in an endless loop can be ended all the same.
    await ended;
    channels.failure.unsubscribe(listen);
    expect(told).toMatchObject([{ layer: "media", failure: { message: "media thread 0 hung; it is started anew" } }]);
    expect(engine.sessions).toBe(0);
    const [next] = await pair(engine);
    expect(await next.play(toneSource({ frequencyHz: 440, durationMs: 40 }), never)).toEqual({ complete: true, heardMs: 40 });
    expect((await engine.statistics()).threads).toEqual({ running: 1, died: 0, hung: 1 });
  });

  it("tells when it missed a deadline by more than a frame, and by how much, also where it was too much to make up for", async () => {
    const { engine } = await newEngine(0);
    const [one] = await pair(engine);
    const late = new Promise<unknown>((resolve) => channels.mediaLate.subscribe((message) => resolve(message)));
    // The engine runs in this thread: nothing is sent while it is held up.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200);
    expect(await late).toMatchObject({ worker: 0, sessions: 2, lateMs: expect.any(Number) });
    await one.play(toneSource({ frequencyHz: 440, durationMs: 40 }), never);
    // A turn is due every 5 ms.
    expect((await engine.statistics()).latestSendMs).toBeGreaterThan(190);
  });
});
