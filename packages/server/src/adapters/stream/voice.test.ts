import { createSocket } from "node:dgram";
import { once } from "node:events";
import { afterEach, describe, expect, it } from "vitest";
import { g711, pcmBytes, toneSamples } from "../../audio/index.ts";
import { scope, VirtualClock } from "../../base/index.ts";
import { createMediaEngine } from "../../media/index.ts";
import { parseRtp, rtpView } from "../../rtp/index.ts";
import type { StreamEvent } from "./dialect.ts";
import { Voice } from "./voice.ts";

const releases: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const release of releases.splice(0)) await release();
});

/** A voice on a media session that sends to a bare socket, on time that the test moves. */
async function speaking() {
  const clock = new VirtualClock();
  const engine = await createMediaEngine({ host: "127.0.0.1", ports: [0, 0], workers: 0, clock });
  releases.push(() => engine.close());
  const socket = createSocket("udp4").bind(0, "127.0.0.1");
  await once(socket, "listening");
  releases.push(async () => socket.close());
  /** Of each packet: whether anything is to be heard in it. */
  const packets: boolean[] = [];
  socket.on("message", (datagram) => {
    const view = rtpView();
    if (parseRtp(datagram, view) !== undefined) return;
    const samples = g711.PCMU.decode(datagram.subarray(view.payloadOffset));
    packets.push(samples.some((sample) => Math.abs(sample) > 100));
  });
  const session = await engine.open();
  session.configure({ remote: { host: "127.0.0.1", port: socket.address().port }, codec: "PCMU", payloadType: 0, direction: "sendrecv" });
  const life = scope();
  const told: StreamEvent[] = [];
  const refused: string[] = [];
  const voice = new Voice({
    feed: (options) => session.feed(options), clock, drops: "oldest", tell: (event) => told.push(event),
    refused: (message) => refused.push(message), signal: life.signal,
  });
  const say = (samples: Int16Array, more: { utterance?: number; last?: boolean; live?: "surely" } = {}) =>
    voice.say({ type: "audio", audio: { form: "pcm", sampleRateHz: 8000, bytes: pcmBytes(samples) }, ...more });
  return { clock, voice, say, life, session, packets, told, refused };
}

const tone = (durationMs: number) => toneSamples({ frequencyHz: 440, durationMs });
const FADE_FRAMES = 4;
/** How many packets with sound follow each other without a gap. */
const runs = (packets: readonly boolean[]) => packets.map(Number).join("").split(/0+/).filter(Boolean).map((run) => run.length);

describe("a bot's voice", () => {
  it("falls silent within a frame when it is interrupted, however much is queued", async () => {
    const { clock, voice, say, packets } = await speaking();
    say(tone(10_000));
    await clock.advance(500);
    const before = packets.length;
    voice.clear();
    await clock.advance(1000);
    expect(packets.slice(before).filter(Boolean).length).toBeLessThanOrEqual(1);
    expect(packets.slice(0, before).filter(Boolean).length).toBeGreaterThan(20);
    await voice.finish();
    expect(voice.playedMs).toBe(packets.filter(Boolean).length * 20);
  });

  it("speaks again right after it was interrupted", async () => {
    const { clock, voice, say, packets } = await speaking();
    say(tone(10_000));
    await clock.advance(500);
    voice.clear();
    say(tone(200));
    const before = packets.length;
    await clock.advance(1000);
    expect(packets.slice(before).filter(Boolean).length).toBeLessThanOrEqual(11);
    expect(packets.slice(before).filter(Boolean).length).toBeGreaterThanOrEqual(10);
  });

  it("has no gaps between chunks of any size", async () => {
    const { clock, say, packets } = await speaking();
    const samples = tone(1000);
    for (let at = 0; at < samples.length; at += 37) say(samples.subarray(at, at + 37));
    await clock.advance(1500);
    expect(runs(packets)).toEqual([50]);
  });

  it("that comes as fast as it is played has no gaps once it has begun", async () => {
    const { clock, say, packets } = await speaking();
    const samples = tone(1000);
    for (let at = 0; at < samples.length; at += 40) {
      say(samples.subarray(at, at + 40));
      await clock.advance(5);
    }
    await clock.advance(500);
    // When it stops without a word, the media plane lets it fade out.
    expect(runs(packets)).toEqual([expect.toSatisfy((count: number) => count >= 50 && count <= 50 + FADE_FRAMES)]);
  });

  it("makes room in a pause for what a flow plays", async () => {
    const { clock, say, session, packets } = await speaking();
    say(tone(100));
    const played = session.play({ kind: "file", chunks: (async function* () { yield tone(100); })() }, scope().signal);
    await clock.advance(1000);
    expect(await played).toEqual({ complete: true, heardMs: 100 });
    expect(packets.filter(Boolean).length).toBeGreaterThanOrEqual(10);
    expect(packets.filter(Boolean).length).toBeLessThanOrEqual(10 + FADE_FRAMES);
  });

  it("leaves no timer when the call is over", async () => {
    const { clock, voice, say, life, session } = await speaking();
    say(tone(1000));
    await clock.advance(100);
    await session.close();
    life.close();
    await voice.finish();
    expect(clock.timers).toBe(0);
    expect(voice.playedMs).toBeGreaterThan(0);
  });

  it("ends an utterance after ten seconds without audio, and says that it is not complete", async () => {
    const { clock, say, told, packets, refused } = await speaking();
    say(tone(100), { utterance: 7 });
    await clock.advance(9900);
    say(tone(100), { utterance: 7 });
    await clock.advance(9900);
    expect(told.filter(({ type }) => type === "played")).toEqual([]);
    await clock.advance(300);
    expect(told.filter(({ type }) => type === "played")).toMatchObject([{ utterance: 7, complete: false, heardMs: 200 }]);
    expect(told.filter(({ type }) => type === "underrun")).toMatchObject([{ utterance: 7, count: 1 }]);
    say(tone(100), { utterance: 7 });
    say(tone(100), { utterance: 7 });
    await clock.advance(500);
    expect(refused).toHaveLength(1);
    expect(packets.filter(Boolean).length).toBeLessThanOrEqual(10 + 2 * FADE_FRAMES);
  });
});
