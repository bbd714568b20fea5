import { afterEach, describe, expect, it } from "vitest";
import { tonePower, toneSource, type AudioSource } from "../audio/index.ts";
import { concatSamples } from "../base/index.ts";
import { createMediaEngine, type MediaEngine, type MediaParameters, type MediaSession, type TapBatch } from "./index.ts";

const engines: MediaEngine[] = [];

async function newEngine(workers = 0): Promise<MediaEngine> {
  const engine = await createMediaEngine({ host: "127.0.0.1", ports: [0, 0], workers });
  engines.push(engine);
  return engine;
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

/** Two sessions of one engine that talk to each other over loopback. */
async function pair(engine: MediaEngine, more: Partial<MediaParameters> = {}) {
  const one = await engine.open();
  const other = await engine.open();
  one.configure(towards(other, more));
  other.configure(towards(one, more));
  return [one, other] as const;
}

/** Collects what a session hears until it was `ms` long. */
function listen(session: MediaSession, ms: number, side: keyof TapBatch = "received"): Promise<Int16Array> {
  return new Promise((resolve) => {
    const heard: Int16Array[] = [];
    let samples = 0;
    const untap = session.tap((batch) => {
      heard.push(batch[side]);
      samples += batch[side].length;
      if (samples < ms * 8) return;
      untap();
      resolve(concatSamples(heard));
    });
  });
}

const never = new AbortController().signal;

/** The frequencies out of a few that are heard in the second half of `samples`. */
const tones = (samples: Int16Array) => [440, 700, 1000].filter((hz) => tonePower(samples.subarray(samples.length / 2), hz) > 0.01);

describe("a session on loopback", () => {
  it.each(["PCMU", "PCMA"] as const)("is heard by its peer in %s", async (codec) => {
    const [one, other] = await pair(await newEngine(), { codec, payloadType: codec === "PCMU" ? 0 : 8 });
    const heard = listen(other, 400);
    const played = await one.play(toneSource({ frequencyHz: 440, durationMs: 400 }), never);
    expect(played).toEqual({ complete: true, heardMs: 400 });
    expect(tones(await heard)).toEqual([440]);
  });

  it("hears each other when joined, and nobody else does", async () => {
    const engine = await newEngine();
    const [caller, callerPhone] = await pair(engine);
    const [callee, calleePhone] = await pair(engine);
    const [stranger] = await pair(engine);
    const stop = new AbortController();
    const unjoin = caller.join(callee);
    const playing = [
      callerPhone.play(toneSource({ frequencyHz: 440 }), stop.signal),
      calleePhone.play(toneSource({ frequencyHz: 1000 }), stop.signal),
    ];
    const [atCaller, atCallee, atStranger] = await Promise.all([
      listen(callerPhone, 500),
      listen(calleePhone, 500),
      listen(stranger, 500),
    ]);
    expect(tones(atCaller)).toEqual([1000]);
    expect(tones(atCallee)).toEqual([440]);
    expect(tones(atStranger)).toEqual([]);
    unjoin();
    expect(tones(await listen(callerPhone, 500))).toEqual([]);
    stop.abort();
    await Promise.all(playing);
  });

  it("tells the digits its peer pressed", async () => {
    const [one, other] = await pair(await newEngine());
    const digits: string[] = [];
    other.events.on("digit", ({ digit, durationMs }) => digits.push(`${digit} ${durationMs}`));
    await one.sendDigits("1#a", never);
    await listen(other, 100);
    expect(digits).toEqual(["1 100", "# 100", "A 100"]);
  });

  it("flushes at once when a playback is aborted, and tells what was heard", async () => {
    const [one, other] = await pair(await newEngine());
    const stop = new AbortController();
    const playing = one.play(toneSource({ frequencyHz: 700 }), stop.signal);
    expect(tones(await listen(other, 300))).toEqual([700]);
    stop.abort();
    const { complete, heardMs } = await playing;
    expect(complete).toBe(false);
    expect(heardMs).toBeGreaterThanOrEqual(160);
    expect(tones(await listen(other, 500))).toEqual([]);
  });

  it("rejects when the source fails", async () => {
    const [one] = await pair(await newEngine());
    const failing: AudioSource = {
      kind: "file",
      chunks: (async function* () {
        yield new Int16Array(160);
        throw new Error("broken");
      })(),
    };
    await expect(one.play(failing, never)).rejects.toThrow("broken");
  });
});
