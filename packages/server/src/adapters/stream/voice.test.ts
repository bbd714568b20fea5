import { createSocket } from "node:dgram";
import { once } from "node:events";
import { afterEach, describe, expect, it } from "vitest";
import { g711, toneSamples } from "../../audio/index.ts";
import { scope, VirtualClock } from "../../base/index.ts";
import { createMediaEngine } from "../../media/index.ts";
import { parseRtp, rtpView } from "../../rtp/index.ts";
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
  const overflows: number[] = [];
  const voice = new Voice({
    play: (source, signal) => session.play(source, signal), clock, rest: () => new Int16Array(0), overflow: () => overflows.push(1), signal: life.signal,
  });
  return { clock, voice, life, session, packets };
}

const tone = (durationMs: number) => toneSamples({ frequencyHz: 440, durationMs });
/** How many packets with sound follow each other without a gap. */
const runs = (packets: readonly boolean[]) => packets.map(Number).join("").split(/0+/).filter(Boolean).map((run) => run.length);

describe("a bot's voice", () => {
  it("falls silent within a frame when it is interrupted, however much is queued", async () => {
    const { clock, voice, packets } = await speaking();
    voice.say(tone(10_000));
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
    const { clock, voice, packets } = await speaking();
    voice.say(tone(10_000));
    await clock.advance(500);
    voice.clear();
    voice.say(tone(200));
    const before = packets.length;
    await clock.advance(1000);
    expect(packets.slice(before).filter(Boolean).length).toBeLessThanOrEqual(11);
    expect(packets.slice(before).filter(Boolean).length).toBeGreaterThanOrEqual(10);
  });

  it("has no gaps between chunks of any size", async () => {
    const { clock, voice, packets } = await speaking();
    const samples = tone(1000);
    for (let at = 0; at < samples.length; at += 37) voice.say(samples.subarray(at, at + 37));
    await clock.advance(1500);
    expect(runs(packets)).toEqual([50]);
  });

  it("that comes as fast as it is played has no gaps once it has begun", async () => {
    const { clock, voice, packets } = await speaking();
    const samples = tone(1000);
    for (let at = 0; at < samples.length; at += 40) {
      voice.say(samples.subarray(at, at + 40));
      await clock.advance(5);
    }
    await clock.advance(500);
    expect(runs(packets)).toEqual([50]);
  });

  it("makes room in a pause for what a flow plays", async () => {
    const { clock, voice, session, packets } = await speaking();
    voice.say(tone(100));
    const played = session.play({ kind: "file", chunks: (async function* () { yield tone(100); })() }, scope().signal);
    await clock.advance(1000);
    expect(await played).toEqual({ complete: true, heardMs: 100 });
    expect(packets.filter(Boolean)).toHaveLength(10);
  });

  it("leaves no timer when the call is over", async () => {
    const { clock, voice, life, session } = await speaking();
    voice.say(tone(1000));
    await clock.advance(100);
    await session.close();
    life.close();
    await voice.finish();
    expect(clock.timers).toBe(0);
    expect(voice.playedMs).toBeGreaterThan(0);
  });
});
