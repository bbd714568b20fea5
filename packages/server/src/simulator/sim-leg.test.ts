import { describe, expect, it } from "vitest";
import { silenceSource, sourceOf, toneSource, tonesPresent } from "../audio/index.ts";
import { concatSamples, scope, VirtualClock } from "../base/index.ts";
import { followScript, type CallerScript } from "./caller-script.ts";
import { SimLeg } from "./sim-leg.ts";

const inbound = { direction: "inbound", from: "15550100", to: "15550199" } as const;
const outbound = { ...inbound, direction: "outbound" } as const;
const forever = scope().signal;
const heard = (leg: SimLeg) => leg.heard.map(({ kind, startMs, endMs, complete }) => [kind, startMs, endMs, complete]);

describe("a simulated leg", () => {
  it("plays one after the other, in the time that the samples last", async () => {
    const clock = new VirtualClock();
    const leg = new SimLeg(clock, "a", outbound);
    const results = Promise.all([leg.play(silenceSource(2000), forever), leg.play(toneSource({ frequencyHz: 440, durationMs: 500 }), forever)]);
    expect(await clock.runUntil(results)).toEqual([{ complete: true, heardMs: 2000 }, { complete: true, heardMs: 500 }]);
    expect(heard(leg)).toEqual([["silence", 0, 2000, true], ["tone", 2000, 2500, true]]);
  });

  it("flushes on abort what plays, counting whole frames, and goes on with what is queued", async () => {
    const clock = new VirtualClock();
    const leg = new SimLeg(clock, "a", outbound);
    const first = scope();
    const results = Promise.all([leg.play(toneSource({ frequencyHz: 440 }), first.signal), leg.play(silenceSource(100), forever)]);
    await clock.advance(1234);
    first.close();
    expect(await clock.runUntil(results)).toEqual([{ complete: false, heardMs: 1220 }, { complete: true, heardMs: 100 }]);
    expect(heard(leg)).toEqual([["tone", 0, 1234, false], ["silence", 1234, 1334, true]]);
  });

  it("never plays what was given up while it was queued", async () => {
    const clock = new VirtualClock();
    const leg = new SimLeg(clock, "a", outbound);
    const second = scope();
    const results = Promise.all([leg.play(silenceSource(1000), forever), leg.play(silenceSource(1000), second.signal)]);
    await clock.advance(500);
    second.close();
    expect(await clock.runUntil(results)).toEqual([{ complete: true, heardMs: 1000 }, { complete: false, heardMs: 0 }]);
    expect(heard(leg)).toEqual([["silence", 0, 1000, true]]);
  });

  it("ends what plays when it ends, and rejects when the source fails", async () => {
    const clock = new VirtualClock();
    const leg = new SimLeg(clock, "a", outbound);
    async function* broken(): AsyncGenerator<Int16Array> {
      yield new Int16Array(800);
      throw new Error("cut off");
    }
    await expect(clock.runUntil(leg.play({ kind: "file", chunks: broken() }, forever))).rejects.toThrow("cut off");
    const playing = leg.play(silenceSource(5000), forever);
    await clock.advance(1000);
    leg.peerHangup();
    expect(await playing).toEqual({ complete: false, heardMs: 1000 });
    expect(clock.timers).toBe(0);
  });

  it("hands over what is heard in batches of 100 ms, until it ends", async () => {
    const clock = new VirtualClock();
    const leg = new SimLeg(clock, "a", outbound);
    const batches: Int16Array[] = [];
    const stop = leg.audio.tap(({ received, sent }) => {
      expect(received.length).toBe(sent.length);
      batches.push(sent);
    });
    await clock.advance(150);
    const tone = leg.play(toneSource({ frequencyHz: 1000, durationMs: 400 }), forever);
    await clock.advance(850);
    await tone;
    const sent = concatSamples(batches);
    expect([batches.length, sent.length]).toEqual([10, 8000]);
    const loud = [...sent].map((sample, index) => (sample === 0 ? -1 : index)).filter((index) => index >= 0);
    expect([loud[0], loud.at(-1)].map((index) => Math.round((index ?? 0) / 80))).toEqual([15, 55]);
    expect(tonesPresent(sent.subarray(1600, 4000), [440, 1000])).toEqual([1000]);
    stop();
    leg.audio.tap(() => undefined);
    await leg.hangup();
    expect(clock.timers).toBe(0);
  });

  it.each<[string, typeof inbound | typeof outbound, boolean, "us" | "peer", string]>([
    ["an inbound leg that rings, by us", inbound, false, "us", "rejected"],
    ["an inbound leg that rings, by the caller", inbound, false, "peer", "cancelled"],
    ["an inbound leg that is up, by us", inbound, true, "us", "completed"],
    ["an inbound leg that is up, by the caller", inbound, true, "peer", "completed"],
    ["an outbound leg, by us", outbound, false, "us", "completed"],
  ])("ends: %s", async (_, info, answered, who, reason) => {
    const clock = new VirtualClock();
    const leg = new SimLeg(clock, "a", info);
    if (answered) await leg.answer();
    await clock.advance(700);
    if (who === "us") await leg.hangup();
    else leg.peerHangup();
    await leg.hangup({ reason: "failed", who: "us" });
    expect(leg.signal.reason).toEqual({ reason, who });
    expect(leg.endedMs).toBe(700);
    await expect(leg.answer()).rejects.toEqual({ reason, who });
  });

  it("notes with whom it was joined, and the digits it was sent", async () => {
    const clock = new VirtualClock();
    const leg = new SimLeg(clock, "a", outbound);
    const leave = leg.join(new SimLeg(clock, "b", outbound));
    await clock.runUntil(leg.control.sendDigits("1,2#", forever));
    leave();
    expect(leg.joins).toEqual([{ other: "b", startMs: 0, endMs: 980 }]);
    expect(leg.control.sentDigits).toBe("12#");
  });
});

describe("a simulated leg on hold", () => {
  it("hears the rest afterwards, and what it heard is counted without the hold", async () => {
    const clock = new VirtualClock();
    const leg = new SimLeg(clock, "a", outbound);
    const first = leg.play(sourceOf(new Int16Array(8000), "file"), forever);
    const second = leg.play(sourceOf(new Int16Array(8000), "speech"), forever);
    await clock.advance(400);
    leg.control.hold(true);
    leg.control.hold(true);
    await clock.advance(5000);
    leg.control.hold(false);
    expect(await clock.runUntil(first)).toEqual({ complete: true, heardMs: 1000 });
    expect(await clock.runUntil(second)).toEqual({ complete: true, heardMs: 1000 });
    expect(leg.heard.map(({ startMs, endMs }) => [startMs, endMs])).toEqual([[0, 6000], [6000, 7000]]);
  });

  it("can end, and a playback can be ended", async () => {
    const clock = new VirtualClock();
    const leg = new SimLeg(clock, "a", outbound);
    const stop = new AbortController();
    const stopped = leg.play(sourceOf(new Int16Array(8000), "file"), stop.signal);
    await clock.advance(400);
    leg.control.hold(true);
    await clock.advance(100);
    stop.abort();
    expect(await stopped).toEqual({ complete: false, heardMs: 400 });
    const over = leg.play(sourceOf(new Int16Array(8000), "file"), forever);
    leg.peerHangup();
    expect(await over).toEqual({ complete: false, heardMs: 0 });
    expect(clock.timers).toBe(0);
  });
});

describe("a caller's script", () => {
  it.each<[string, CallerScript, (string | number)[][], number | undefined]>([
    ["presses at a time", [{ atMs: 500, press: "12" }], [[500, "1"], [700, "2"]], undefined],
    ["presses after a prompt", [{ afterPrompt: 2, press: "5" }], [[2000, "5"]], undefined],
    ["presses some time after a prompt", [{ afterPrompt: 1, delayMs: 250, press: "5" }], [[1250, "5"]], undefined],
    ["hangs up, and presses nothing more", [{ atMs: 100, press: "1234" }, { atMs: 450, hangup: true }], [[100, "1"], [300, "2"]], 450],
    ["hangs up after a prompt", [{ afterPrompt: 1, hangup: true }], [], 1000],
    ["waits for a prompt that never comes", [{ afterPrompt: 3, press: "1" }], [], undefined],
  ])("%s", async (_, script, expected, endedMs) => {
    const clock = new VirtualClock();
    const leg = new SimLeg(clock, "a", outbound);
    const pressed: (string | number)[][] = [];
    leg.digits.on("digit", (digit) => void pressed.push([clock.monotonicMs(), digit]));
    followScript(script, leg, clock);
    const prompts = Promise.all(["file", "speech"].map((kind) => leg.play(sourceOf(new Int16Array(8000), kind === "file" ? "file" : "speech"), forever)));
    await clock.advance(10_000);
    await prompts;
    expect(pressed).toEqual(expected);
    expect(leg.endedMs).toBe(endedMs);
    expect(clock.timers).toBe(0);
  });

  it("does not take ringback for a prompt", async () => {
    const clock = new VirtualClock();
    const leg = new SimLeg(clock, "a", outbound);
    followScript([{ afterPrompt: 1, hangup: true }], leg, clock);
    await clock.runUntil(leg.play(toneSource({ frequencyHz: 440, durationMs: 1000 }), forever));
    expect(leg.signal.aborted).toBe(false);
  });
});
