import { parseMakeCall } from "@piopiy/pcmo";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { seededIds, VirtualClock } from "../base/index.ts";
import { simAudio, simCallbacks, simDialler, simRecordings, simStreams, type SimDestination } from "../simulator/index.ts";
import { listCalls, openStore, readLegs, readRecordings, readTimeline } from "../store/index.ts";
import { createControl, type Control } from "./index.ts";

const CDRS = "http://hooks.example/cdr";

const destination: fc.Arbitrary<SimDestination> = fc.record({
  does: fc.constantFrom("answer", "ring", "busy", "reject", "unreachable"),
  afterMs: fc.integer({ min: 60, max: 8000 }),
  script: fc.oneof(fc.constant([]), fc.integer({ min: 0, max: 15_000 }).map((atMs) => [{ atMs, hangup: true } as const])),
});

const action = fc.constantFrom(
  { action: "speak", text: "some words to say" },
  { action: "record" },
  { action: "hangup" },
  { action: "play", file_name: "missing.wav" },
  { action: "input", action_url: "http://app.example/dtmf", timeout: 2 },
  { action: "bridge", connect: [{ type: "pstn", number: "200" }], timeout: 6, record: true },
  { action: "bridge", connect: [{ type: "pstn", number: "200" }, { type: "pstn", number: "300" }], ring_type: "group", timeout: 5, loop: 2, duration: 4 },
);

const scenario = fc.record({
  destinations: fc.record({ 100: fc.array(destination, { minLength: 1, maxLength: 3 }), 200: fc.tuple(destination), 300: fc.tuple(destination) }),
  pcmo: fc.array(action, { minLength: 1, maxLength: 4 }),
  options: fc.record({ loop: fc.integer({ min: 1, max: 3 }), timeout: fc.integer({ min: 1, max: 10 }), duration: fc.integer({ min: 1, max: 20 }), record: fc.boolean() }),
  interruption: fc.record({ atMs: fc.integer({ min: 0, max: 20_000 }), how: fc.constantFrom("hangup", "drain", "nothing") }),
});

async function interrupt(control: Control, how: "hangup" | "drain" | "nothing", requestId: string): Promise<void> {
  if (how === "drain") await control.drain();
  if (how !== "hangup") return;
  try {
    control.act("1000", requestId, "hangup");
  } catch (failure) {
    // It may have ended by itself before.
    expect(failure).toMatchObject({ code: "unknown_call" });
  }
}

describe("whatever happens", () => {
  it("every leg, every recording and the call have exactly one end, and nothing is left behind", async () => {
    await fc.assert(
      fc.asyncProperty(scenario, async ({ destinations, pcmo, options, interruption }) => {
        const clock = new VirtualClock();
        const ids = seededIds(3);
        const store = await openStore({ file: ":memory:", clock });
        const posts: Parameters<typeof simCallbacks>[2] = [];
        const control = createControl({
          store, clock, ids, dialler: simDialler(clock, destinations, []), audio: simAudio({ files: { "missing.wav": { fails: "bad_audio" } } }),
          callbacks: simCallbacks(clock, { [CDRS]: [{}] }, posts), recordings: simRecordings(clock, ids, []), streams: simStreams(clock, {}), recordingFile: (id) => id,
          apps: [{ appid: "1000", cdr_url: CDRS }], numbers: [], phones: [],
        });
        const parsed = parseMakeCall({ appid: 1000, secret: "s", from: "999", to: "100", pcmo, ...options });
        if (!parsed.ok) throw new Error(JSON.stringify(parsed.issues));
        const { requestId } = await control.placeCall({ request: parsed.value, warnings: [] });
        await clock.advance(interruption.atMs);
        const interrupted = interrupt(control, interruption.how, requestId);
        await clock.advance(200_000);
        await interrupted;
        await store.flush();

        const [call] = (await listCalls(store.db, "1000", { limit: 1 })).calls;
        expect(call).toMatchObject({ status: "ended", cause: expect.any(String), ended_ms: expect.any(Number) });
        const legs = await readLegs(store.db, call!.id);
        const ends = (await readTimeline(store.db, call!.id)).filter((entry) => entry.type === "leg.ended");
        expect(ends).toHaveLength(legs.length);
        expect(new Set(ends.map((entry) => [entry.leg_id, entry.data!["reason"]].join()))).toEqual(new Set(legs.map((leg) => [leg.id, leg.cause].join())));
        expect(legs.filter((leg) => leg.cause === "failed")).toEqual([]);
        expect(legs.every((leg) => leg.status === "ended" && leg.ended_ms! <= call!.ended_ms!)).toBe(true);
        expect(posts.filter((post) => post.url === CDRS)).toHaveLength(legs.length);
        expect((await readRecordings(store.db, call!.id)).every((recording) => recording.status === "completed")).toBe(true);
        expect(control.statistics()).toMatchObject({ calls: 0, legs: 0 });
        expect(clock.timers).toBe(0);
        await store.close();
      }),
      { seed: 20_261_122, numRuns: 150 },
    );
  });
});
