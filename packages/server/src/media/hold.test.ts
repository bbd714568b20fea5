import { afterEach, describe, expect, it } from "vitest";
import { audible, toneSamples, toneSource } from "../audio/index.ts";
import { concatSamples, VirtualClock } from "../base/index.ts";
import { createMediaEngine, type MediaEngine, type MediaParameters, type MediaSession, type TapBatch } from "./index.ts";
import { tonesThrough } from "./tones-through.test.support.ts";

const engines: MediaEngine[] = [];
afterEach(async () => {
  await Promise.all(engines.splice(0).map((engine) => engine.close()));
});

const never = new AbortController().signal;
const tone = { music: 600, ann: 440, bob: 880, prompt: 1200 } as const;
const music = toneSamples({ frequencyHz: tone.music, durationMs: 1000 });

/**
 * Two parties on two sessions that are joined, and the phones of both: who says what, and who hears what in a span of
 * half a second of the engine's time.
 */
async function conversation(direction: MediaParameters["direction"] = "sendrecv") {
  const clock = new VirtualClock();
  const engine = await createMediaEngine({ host: "127.0.0.1", ports: [0, 0], workers: 0, clock });
  engines.push(engine);
  const connect = (session: MediaSession, to: MediaSession, way: MediaParameters["direction"]) =>
    session.configure({ remote: to.local, codec: "PCMU", payloadType: 0, telephoneEventPayloadType: 101, direction: way });
  const [annPhone, ann, bob, bobPhone] = [await engine.open(), await engine.open(), await engine.open(), await engine.open()] as const;
  connect(annPhone, ann, "sendrecv");
  connect(ann, annPhone, direction);
  connect(bob, bobPhone, "sendrecv");
  connect(bobPhone, bob, "sendrecv");
  ann.join(bob);
  const says = (phone: MediaSession, frequencyHz: number) => void phone.play(toneSource({ frequencyHz }), never);
  says(annPhone, tone.ann);
  says(bobPhone, tone.bob);
  /** The tones in what passes a session in half a second. */
  const hears = (session: MediaSession, side: keyof TapBatch = "received") =>
    tonesThrough({ clock, session, side, candidates: Object.values(tone), share: 0.01 });
  return { clock, ann, annPhone, bob, bobPhone, hears };
}

describe("hold", () => {
  it("of the party lets it hear the music alone, and nobody hear it; both as before afterwards", async () => {
    const { ann, annPhone, bobPhone, hears } = await conversation();
    expect([await hears(annPhone), await hears(bobPhone)]).toEqual([[tone.bob], [tone.ann]]);
    ann.hold("party", music);
    expect([await hears(annPhone), await hears(bobPhone)]).toEqual([[tone.music], []]);
    expect([await hears(ann, "received"), await hears(ann, "sent")]).toEqual([[], [tone.music]]);
    ann.hold("party", undefined);
    expect([await hears(annPhone), await hears(bobPhone)]).toEqual([[tone.bob], [tone.ann]]);
  });

  it("of the partners lets them hear the music and not the party", async () => {
    const { ann, bobPhone, hears } = await conversation("recvonly");
    ann.hold("partners", music);
    expect(await hears(bobPhone)).toEqual([tone.music]);
    expect(await hears(ann, "received")).toEqual([tone.ann]);
    ann.hold("partners", undefined);
    expect(await hears(bobPhone)).toEqual([tone.ann]);
  });

  it("lets a playback wait where it is, and end in full", async () => {
    const { clock, ann, annPhone, hears } = await conversation();
    const playing = ann.play(toneSource({ frequencyHz: tone.prompt, durationMs: 1500 }), never);
    await clock.advance(300);
    ann.hold("party", music);
    expect(await hears(annPhone)).toEqual([tone.music]);
    ann.hold("party", undefined);
    expect(await hears(annPhone)).toContain(tone.prompt);
    await clock.advance(1500);
    expect(await playing).toEqual({ complete: true, heardMs: 1500 });
  });

  it("lets a playback be ended, and a key be pressed", async () => {
    const { clock, ann, annPhone } = await conversation();
    const keys: string[] = [];
    annPhone.events.on("digit", ({ digit }) => keys.push(digit));
    const stop = new AbortController();
    const playing = ann.play(toneSource({ frequencyHz: tone.prompt }), stop.signal);
    ann.hold("party", music);
    await clock.advance(300);
    stop.abort();
    await clock.advance(100);
    expect(await playing).toEqual({ complete: false, heardMs: 0 });
    const sent = ann.sendDigits("7", never);
    await clock.advance(500);
    await sent;
    expect(keys).toEqual(["7"]);
  });

  it("with music of less than a frame is silence", async () => {
    const { clock, ann, annPhone } = await conversation();
    ann.hold("party", music.subarray(0, 100));
    await clock.advance(200);
    const heard: Int16Array[] = [];
    annPhone.tap(({ received }) => heard.push(received));
    await clock.advance(400);
    expect(audible(concatSamples(heard))).toBe(false);
  });
});

describe("mute", () => {
  it("lets nobody hear the party, which hears everything and whose keys count", async () => {
    const { clock, ann, annPhone, bobPhone, hears } = await conversation();
    const keys: string[] = [];
    ann.events.on("digit", ({ digit }) => keys.push(digit));
    ann.mute(true);
    expect([await hears(annPhone), await hears(bobPhone), await hears(ann, "received")]).toEqual([[tone.bob], [], []]);
    void annPhone.sendDigits("5", never);
    await clock.advance(500);
    expect(keys).toEqual(["5"]);
    ann.mute(false);
    expect(await hears(bobPhone)).toEqual([tone.ann]);
  });
});
