import { describe, expect, it } from "vitest";
import { audible, FRAME_MS, FRAME_SAMPLES, tonePower, toneSamples } from "../audio/index.ts";
import { concatSamples, seededIds, type Ids } from "../base/index.ts";
import { JitterBuffer, type JitterWishes } from "./jitter-buffer.ts";

// A sender, a network and a jitter buffer on a time of their own: minutes in a moment, the same each time.

/** How long the packet with this number is on its way; undefined: it is lost. */
type Network = (number: number) => number | undefined;

interface Heard {
  readonly samples: Int16Array;
  /** From the arrival of the last packet that came in each frame to its turn; by the depth of the buffer. */
  readonly depthsMs: readonly number[];
  readonly discarded: number;
  readonly buffer: JitterBuffer;
}

/** Sends `source` in packets of 20 ms, which leave `phaseMs` after a turn, and reads a frame in every turn. */
function listen(source: Int16Array, network: Network, { phaseMs = 7, wishes = {}, heardFromMs = 0 }: {
  readonly phaseMs?: number; readonly wishes?: Partial<JitterWishes>; readonly heardFromMs?: number;
} = {}): Heard {
  const buffer = new JitterBuffer();
  buffer.suit({ least: 0, keys: false, ...wishes });
  const arrivals = Array.from({ length: Math.floor(source.length / FRAME_SAMPLES) }, (_, number) => {
    const onTheWay = network(number);
    return { number, atMs: onTheWay === undefined ? Infinity : number * FRAME_MS + phaseMs + onTheWay };
  }).sort((one, other) => one.atMs - other.atMs);
  const heard: Int16Array[] = [];
  const depthsMs: number[] = [];
  let discarded = 0;
  let next = 0;
  for (let nowMs = 0; nowMs <= (source.length / FRAME_SAMPLES) * FRAME_MS; nowMs += FRAME_MS) {
    for (let one = arrivals[next]; one && one.atMs < nowMs; one = arrivals[++next]) {
      const at = one.number * FRAME_SAMPLES;
      if (!buffer.push(at, source.subarray(at, at + FRAME_SAMPLES), one.atMs)) discarded += 1;
    }
    const frame = new Int16Array(FRAME_SAMPLES);
    if (nowMs < heardFromMs) buffer.pass(nowMs);
    else buffer.read(frame, nowMs);
    heard.push(frame);
    depthsMs.push(buffer.depthMs);
  }
  return { samples: concatSamples(heard), depthsMs, discarded, buffer };
}

const RISE = 16_000;
/** Every sample tells its place, for two seconds. */
const ramp = (seconds: number) => Int16Array.from({ length: seconds * 8000 }, (_, at) => 1000 + (at % RISE));

/** From sending to hearing, in ms, of the last sample of the frame that is heard at `ms`. The way there is not counted. */
function delayAt({ samples }: Heard, ms: number, phaseMs = 7): number {
  const at = (ms / FRAME_MS) * FRAME_SAMPLES + FRAME_SAMPLES - 1;
  const place = (samples[at] ?? 0) - 1000;
  // The frame of a turn is that of the packet that left up to a frame before it was full.
  const sentMs = ((Math.round((at - place) / RISE) * RISE + place) / FRAME_SAMPLES | 0) * FRAME_MS + phaseMs;
  return ms - sentMs;
}

const quick: Network = () => 5;
const spread = (ids: Ids, spreadMs: number, loss = 0): Network => () => (ids.integer(1000) < loss * 1000 ? undefined : (ids.integer(1000) / 1000) * spreadMs);
const tone = (seconds: number, frequencyHz = 440) => toneSamples({ frequencyHz, durationMs: seconds * 1000 });
const silence = (seconds: number) => new Int16Array(seconds * 8000);

/** Something like speech that is neither quiet nor repeats itself. */
function noise(seconds: number, ids: Ids): Int16Array {
  return Int16Array.from({ length: seconds * 8000 }, () => ids.integer(8001) - 4000);
}

/** The sharpest bend of a wave: a jump has one that no tone has. */
function sharpest(samples: Int16Array): number {
  let most = 0;
  for (let at = 2; at < samples.length; at++) most = Math.max(most, Math.abs((samples[at] ?? 0) - 2 * (samples[at - 1] ?? 0) + (samples[at - 2] ?? 0)));
  return most;
}

const upToMs = ({ samples }: Heard, fromMs: number, toMs: number) => samples.subarray(fromMs * 8, toMs * 8);

describe("without jitter", () => {
  const phases = [0.5, 3, 7, 9, 13, 17, 19.5];

  it.each(phases)("a packet waits 30 ms at most after two seconds, whenever it comes between two turns (%d ms)", (phaseMs) => {
    const heard = listen(ramp(6), () => 0, { phaseMs });
    expect(delayAt(heard, 200, phaseMs)).toBeGreaterThanOrEqual(40);
    for (let ms = 2000; ms < 5900; ms += 20) expect(delayAt(heard, ms, phaseMs)).toBeLessThanOrEqual(30);
    expect(heard.discarded).toBe(0);
  });

  it.each([["a tone", tone(6)], ["a deep tone", tone(6, 130)], ["silence", silence(6)], ["noise", noise(6, seededIds(3))]])("that is so of %s, and nothing is missing", (_, source) => {
    const heard = listen(source, quick);
    expect(heard.depthsMs.at(150)).toBeLessThanOrEqual(10);
    expect([heard.discarded, heard.buffer.dropped, heard.buffer.missing]).toEqual([0, 0, 0]);
  });

  it.each([200, 440, 697, 1000, 1477])("a tone of %d Hz is shortened where its waves meet: there is no jump in it", (hz) => {
    const source = tone(6, hz);
    const heard = upToMs(listen(source, quick), 200, 5900);
    expect(sharpest(heard)).toBeLessThan(1.3 * sharpest(source));
  });

  it("what is shortened becomes 20 ms shorter within a frame, and no more", () => {
    const heard = listen(ramp(6), quick);
    const delays = Array.from({ length: 280 }, (_, index) => delayAt(heard, 200 + 20 * index));
    const steps = delays.slice(1).map((delay, index) => (delays[index] ?? 0) - delay);
    expect(Math.min(...steps)).toBe(0);
    expect(Math.max(...steps)).toBeLessThanOrEqual(20);
  });

  it("what nobody hears becomes shorter as well, and is there when somebody begins to", () => {
    const heard = listen(ramp(6), quick, { heardFromMs: 4000 });
    expect(delayAt(heard, 4100)).toBeLessThanOrEqual(30);
    expect(heard.discarded).toBe(0);
  });

  it("a decoder that needs the packet behind a gap finds it there", () => {
    const heard = listen(ramp(6), quick, { wishes: { least: FRAME_SAMPLES } });
    expect(heard.depthsMs.at(-1)).toBeGreaterThanOrEqual(20);
    expect(delayAt(heard, 5000)).toBeLessThanOrEqual(50);
  });
});

describe("keys in the audio", () => {
  const keys = { keys: true };

  it("are left as long as they are, and so is what is between them", () => {
    const key = tone(0.06, 697);
    const source = concatSamples(Array.from({ length: 60 }, () => [key, silence(0.045)]).flat());
    const heard = listen(source, quick, { wishes: keys });
    expect(Buffer.from(upToMs(heard, 60, 6000).buffer.slice(60 * 16)).includes(Buffer.from(source.buffer, 0, 5900 * 16))).toBe(true);
  });

  it("are no reason to wait longer once there is silence", () => {
    const heard = listen(concatSamples([tone(3), silence(2)]), quick, { wishes: keys });
    expect(heard.depthsMs.at(-1)).toBeLessThanOrEqual(10);
  });
});

describe("with jitter", () => {
  it.each([1, 2, 3])("of 120 ms and 5 % of loss it waits as long as it has to, and a tone is there throughout (%d)", (seed) => {
    const heard = listen(tone(60), spread(seededIds(seed), 120, 0.05));
    for (let ms = 2000; ms + 200 < 59_000; ms += 20) {
      const window = upToMs(heard, ms, ms + 200);
      expect(audible(window) && tonePower(window, 440) > 0.4).toBe(true);
    }
    expect(Math.max(...heard.depthsMs)).toBeLessThanOrEqual(120);
    // Of 3000: what was lost never came.
    expect(heard.discarded).toBeLessThan(60);
  });

  it("that ends it comes down again, within ten seconds", () => {
    const bad = spread(seededIds(4), 120);
    const heard = listen(ramp(40), (number) => (number < 1000 ? bad(number) : 5));
    expect(heard.depthsMs.at(999)).toBeGreaterThanOrEqual(80);
    expect(delayAt(heard, 30_000)).toBeLessThanOrEqual(30);
    for (let ms = 30_000; ms < 39_000; ms += 20) expect(delayAt(heard, ms)).toBeLessThanOrEqual(30);
  });

  it("of a few milliseconds it stays at one packet, and loses none", () => {
    const heard = listen(tone(60), spread(seededIds(5), 8), { phaseMs: 2 });
    expect(heard.depthsMs.at(-1)).toBeLessThanOrEqual(20);
    expect(heard.discarded).toBe(0);
  });

  it("that keeps coming back it does not follow up and down: it waits longer each time before it comes down", () => {
    // Every seven seconds all packets of 80 ms come together.
    const burst: Network = (number) => 5 + (number % 350 < 4 ? 80 - 20 * (number % 350) : 0);
    const heard = listen(tone(300), burst);
    const turns = heard.depthsMs.map((depth, index) => Math.sign(depth - (heard.depthsMs[index - 1] ?? depth))).filter((sign) => sign !== 0);
    const comesDown = turns.filter((sign, index) => sign < 0 && turns[index - 1] !== -1).length;
    expect(comesDown).toBeLessThanOrEqual(4);
    expect(heard.discarded).toBeLessThan(20);
  });

  it("a single burst makes it wait longer for a few seconds, then no more", () => {
    const heard = listen(ramp(20), (number) => 5 + (number >= 300 && number < 305 ? 100 - 20 * (number - 300) : 0));
    expect(Math.max(...heard.depthsMs.slice(300, 320))).toBeGreaterThanOrEqual(60);
    expect(delayAt(heard, 5900)).toBeLessThanOrEqual(30);
    for (let ms = 14_000; ms < 19_900; ms += 20) expect(delayAt(heard, ms)).toBeLessThanOrEqual(30);
  });
});

describe("a sender whose clock is not ours", () => {
  it.each([0.0005, -0.0005])("is followed for an hour: the delay neither grows nor does much come late (%d)", (drift) => {
    const heard = listen(silence(3600), (number) => 60 + number * FRAME_MS * drift);
    expect(heard.depthsMs.slice(500).every((depth) => depth <= 40)).toBe(true);
    expect(heard.discarded + heard.buffer.dropped / FRAME_SAMPLES).toBeLessThanOrEqual(3600 * 0.0005 * 50 + 5);
  });
});
