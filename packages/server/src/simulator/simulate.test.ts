import { parseFlow, type Action } from "@piopiy/pcmo";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { VirtualClock } from "../base/index.ts";
import type { CallerStep } from "./caller-script.ts";
import type { SimBotStep } from "./sim-streams.ts";
import { simulate, type SimulationOptions } from "./simulate.ts";

const url = "https://app.example.com/";
const bot = "wss://bot.example.com/";

function flow(actions: readonly unknown[]): readonly Action[] {
  const parsed = parseFlow(actions);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.issues));
  return parsed.value;
}

describe("a simulation", () => {
  const menu = { action: "play_get_input", action_url: url, file_name: "menu.wav", max_retry: 2 };
  const options: SimulationOptions = {
    callbacks: { [url]: [{ body: [{ action: "speak", text: "You pressed one." }, menu] }, { body: [{ action: "bridge", connect: [{ type: "pstn", number: 15550201 }] }] }] },
    destinations: { "15550201": [{ does: "answer", script: [{ atMs: 600_000, hangup: true }] }] },
  };

  it("of eleven minutes gives the same report every time", async () => {
    const script: CallerStep[] = [{ afterPrompt: 1, press: "1" }, { afterPrompt: 3, delayMs: 20_000, press: "2" }];
    const reports = await Promise.all([1, 2].map(() => simulate(flow([{ action: "param", text: "x" }, menu]), [...script, { atMs: 12_000, press: "2" }], options)));
    expect(reports[0]).toEqual(reports[1]);
    expect(reports[0]?.durationMs).toBeGreaterThan(600_000);
    expect(reports[0]?.result).toEqual({ end: "completed", extraParams: "x" });
    expect(reports[0]?.legs.map(({ info }) => info.to)).toEqual(["15550199", "15550201"]);
  });

  it("is over when the call's time is", async () => {
    const report = await simulate(flow([{ action: "record" }]), [], { durationMs: 5_400_000 });
    expect(report.result).toEqual({ end: "leg_ended", cause: { reason: "duration", who: "us" } });
    expect(report.durationMs).toBe(5_400_000);
  });

  it("takes a reply's, a file's and a phone's last entry for all that follow, and knows nobody else", async () => {
    const asking = { action: "input", action_url: url, on_no_input: "post", timeout: 1 };
    const report = await simulate(
      flow([asking, asking, { action: "input", action_url: "https://other.example.com/", on_no_input: "post", timeout: 1 }, { action: "bridge", connect: [{ type: "pstn", number: 15550299 }], loop: 2 }]), [],
      { callbacks: { [url]: [{ status: 500 }, { status: 204 }] } },
    );
    expect(report.timeline.filter(({ type }) => type.startsWith("callback.")).map(({ type, data }) => data?.["status"] ?? data?.["code"] ?? type)).toEqual([
      "callback.sent", 500, "callback.sent", 204, "callback.sent", "fetch_failed",
    ]);
    expect(report.timeline.filter(({ type }) => type === "leg.ended").map(({ data }) => data?.["reason"])).toEqual(["unreachable", "unreachable"]);
  });
});

describe("any flow, whatever the caller does", () => {
  const destination = fc.constantFrom(15550201, 15550202, 15550203, "sip:nobody@example.com");
  const collect = { max_digit: fc.integer({ min: 1, max: 4 }), timeout: fc.integer({ min: 1, max: 9 }), on_no_input: fc.constantFrom("continue", "post") };
  const action = fc.oneof(
    fc.record({ action: fc.constant("play"), file_name: fc.constantFrom("a.wav", "broken.wav") }),
    fc.record({ action: fc.constant("speak"), text: fc.string({ maxLength: 40 }) }),
    fc.record({ action: fc.constant("param"), text: fc.string({ minLength: 1, maxLength: 5 }) }),
    fc.record({ action: fc.constant("record"), format: fc.constantFrom("wav", "mp3"), beep: fc.boolean() }),
    fc.record(
      { action: fc.constant("record"), max_length: fc.integer({ min: 1, max: 30 }), silence_timeout: fc.integer({ min: 1, max: 5 }), finish_on_key: fc.constantFrom("#", "1", ""), beep: fc.boolean() },
      { requiredKeys: ["action"] },
    ),
    fc.record({ action: fc.constant("input"), action_url: fc.constantFrom(url, "https://gone.example.com/"), ...collect }),
    fc.record({ action: fc.constant("play_get_input"), action_url: fc.constant(url), file_name: fc.constantFrom("a.wav", "broken.wav"), max_retry: fc.integer({ min: 0, max: 3 }), ...collect }),
    fc.record({
      action: fc.constantFrom("bridge", "connect"), connect: fc.array(destination.map((to) => (typeof to === "number" ? { type: "pstn", number: to } : { type: "sip", uri: to })), { minLength: 1, maxLength: 3 }),
      timeout: fc.integer({ min: 1, max: 9 }), duration: fc.integer({ min: 1, max: 30 }), loop: fc.integer({ min: 1, max: 2 }), ring_type: fc.constantFrom("single", "group"), record: fc.boolean(),
    }),
    fc.record({ action: fc.constant("stream"), ws_url: fc.constantFrom(bot, "wss://gone.example.com/"), stream_on_answer: fc.boolean() }),
    fc.constant({ action: "hangup" }),
  );
  const step: fc.Arbitrary<CallerStep> = fc.oneof(
    fc.record({ atMs: fc.integer({ min: 0, max: 60_000 }), press: fc.stringMatching(/^[0-9*#]{1,5}$/) }),
    fc.record({ afterPrompt: fc.integer({ min: 1, max: 3 }), press: fc.stringMatching(/^[0-9*#]{1,5}$/) }),
    fc.record({ atMs: fc.integer({ min: 0, max: 60_000 }), talk: fc.integer({ min: 1, max: 20_000 }) }),
    fc.record({ atMs: fc.integer({ min: 0, max: 120_000 }), hangup: fc.constant(true as const) }),
  );

  const said: fc.Arbitrary<SimBotStep> = fc.integer({ min: 0, max: 90_000 }).chain((atMs) => fc.oneof(
    fc.record({ atMs: fc.constant(atMs), say: fc.integer({ min: 1, max: 20_000 }) }),
    fc.constant({ atMs, clear: true } as const),
    fc.constantFrom([], [{ action: "hangup" }], [{ action: "play", file_name: "a.wav" }], [{ action: "bridge", connect: [{ type: "pstn", number: 15550201 }] }]).map((actions) => ({ atMs, flow: flow(actions) })),
    fc.constant({ atMs, close: true } as const),
  ));

  it("ends, with every action started and then finished or failed, all legs ended and no timer left", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(action, { maxLength: 5 }), fc.array(action, { maxLength: 3 }), fc.array(step, { maxLength: 4 }), fc.constantFrom("inbound", "outbound"), fc.array(said, { maxLength: 4 }), async (actions, reply, script, direction, does) => {
        const clock = new VirtualClock();
        const report = await simulate(flow(actions), script, {
          clock, call: { direction }, durationMs: 300_000,
          audio: { files: { "broken.wav": { fails: "bad_audio" } } },
          callbacks: { [url]: [{ body: reply }, { body: [] }] },
          bots: { [bot]: { does } },
          destinations: {
            "15550201": [{ does: "answer", afterMs: 3000, script: [{ atMs: 7000, hangup: true }] }],
            "15550202": [{ does: "ring" }, { does: "answer", afterMs: 3000 }],
            "15550203": [{ does: "busy" }],
          },
        });
        const told = report.timeline.filter(({ type }) => type.startsWith("action.")).map(({ type }) => type === "action.started");
        expect(told).toEqual(told.map((_, index) => index % 2 === 0));
        expect(told.length % 2).toBe(0);
        const streams = (...types: readonly string[]) => report.timeline.flatMap(({ type, data }) => (types.includes(type) && data?.["stream"] ? [data["stream"]] : []));
        const ended = streams("stream.closed", "stream.failed");
        expect([new Set(ended), ended.length]).toEqual([new Set(streams("action.finished")), new Set(ended).size]);
        for (const leg of report.legs) {
          expect(leg.cause).toBeDefined();
          expect(leg.joins.every(({ endMs }) => endMs !== undefined)).toBe(true);
        }
        expect(report.recordings.every(({ durationMs }) => durationMs !== undefined)).toBe(true);
        expect(clock.timers).toBe(0);
      }),
      { seed: 20_261_122, numRuns: 300 },
    );
  });
});
