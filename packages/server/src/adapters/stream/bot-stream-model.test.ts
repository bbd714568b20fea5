import { writeAudioFrame } from "@piopiy/pcmo";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { pcmBytes } from "../../audio/index.ts";
import { running } from "./bot-stream-run.test.support.ts";
import type { JsonMessage } from "./socket.test.support.ts";

// The exact protocol against a model of it: whatever a bot does, and whenever it is lost, the order and the truth of
// what it is told hold.

type Step =
  | { readonly do: "say"; readonly id: number; readonly samples: number; readonly cuts: readonly number[]; readonly last: boolean; readonly json: boolean }
  | { readonly do: "end" | "clear"; readonly id: number }
  | { readonly do: "mark" | "clear all" | "pause" | "resume" | "lose" | "attach" | "key" }
  | { readonly do: "pass"; readonly turns: number };

const id = fc.integer({ min: 1, max: 6 });
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant("say" as const), id, samples: fc.integer({ min: 0, max: 6000 }), last: fc.boolean(), json: fc.boolean(),
      cuts: fc.array(fc.integer({ min: 0, max: 12_000 }), { maxLength: 4 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom("end" as const, "clear" as const), id }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("mark" as const) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constantFrom("clear all" as const, "pause" as const, "resume" as const, "lose" as const, "attach" as const, "attach" as const, "key" as const) }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constant("pass" as const), turns: fc.integer({ min: 1, max: 25 }) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("pass" as const), turns: fc.constant(510) }) },
);

interface Said {
  readonly id: number;
  /** Samples that were sent of it. */
  sent: number;
  over: boolean;
  cleared: boolean;
}

/** What the bot knows it has said, by the rules of the protocol; the utterance's audio is its place, so that it can be told apart. */
class Model {
  readonly utterances: Said[] = [];
  readonly marks: { readonly name: string; readonly behind: readonly { readonly said: Said; readonly sent: number }[]; reached: boolean; cleared: boolean }[] = [];
  clears = 0;
  #lastMs = 0;

  of(utterance: number): Said | undefined {
    return this.utterances.find((said) => said.id === utterance);
  }

  /** What nothing has come of for ten seconds is over. */
  pass(nowMs: number): void {
    const last = this.utterances.at(-1);
    if (last && nowMs - this.#lastMs >= 10_000) last.over = true;
  }

  say(utterance: number, nowMs: number): Said | undefined {
    const said = this.#begin(utterance);
    if (said) this.#lastMs = nowMs;
    return said;
  }

  #begin(utterance: number): Said | undefined {
    const known = this.of(utterance);
    const last = this.utterances.at(-1);
    if (known) return known.over || known !== last ? undefined : known;
    if (last) last.over = true;
    const said = { id: utterance, sent: 0, over: false, cleared: false };
    this.utterances.push(said);
    return said;
  }

  mark(name: string): void {
    this.marks.push({ name, behind: this.utterances.map((said) => ({ said, sent: said.sent })), reached: false, cleared: false });
  }

  clear(which: (said: Said) => boolean): void {
    this.clears += 1;
    for (const said of this.utterances) if (which(said)) Object.assign(said, { over: true, cleared: true });
  }
}

type Run = ReturnType<typeof running>;

function say(run: Run, model: Model, { id: utterance, samples, cuts, last, json }: Extract<Step, { do: "say" }>): void {
  const said = model.say(utterance, run.clock.monotonicMs());
  const place = model.utterances.length;
  const bytes = pcmBytes(new Int16Array(samples).fill(place));
  const ends = [...cuts.filter((cut) => cut < bytes.length).toSorted((a, b) => a - b), bytes.length];
  ends.forEach((end, index) => {
    const pcm = bytes.subarray(ends[index - 1] ?? 0, end);
    const isLast = last && index === ends.length - 1;
    run.socket.says(json
      ? { type: "audio", utterance, audio: Buffer.from(pcm).toString("base64"), last: isLast }
      : writeAudioFrame({ utterance, pcm, last: isLast }));
  });
  if (!said) return;
  said.sent += samples;
  if (last) said.over = true;
}

async function perform(run: Run, model: Model, what: Step): Promise<void> {
  const there = run.socket.closed === undefined;
  switch (what.do) {
    case "pass":
      await run.pass(what.turns);
      return model.pass(run.clock.monotonicMs());
    case "key":
      return run.call.press("5");
    case "lose":
      run.socket.gone(1006);
      return run.clock.advance(0);
    case "attach":
      return there ? undefined : run.attach();
    default:
      return there ? ask(run, model, what) : undefined;
  }
}

function ask(run: Run, model: Model, what: Exclude<Step, { do: "pass" | "key" | "lose" | "attach" }>): void {
  switch (what.do) {
    case "say":
      return say(run, model, what);
    case "end":
      run.socket.says({ type: "end", utterance: what.id });
      if (model.utterances.at(-1)?.id === what.id) Object.assign(model.utterances.at(-1)!, { over: true });
      return undefined;
    case "mark": {
      const name = `mark ${model.marks.length}`;
      model.mark(name);
      return run.socket.says({ type: "mark", name });
    }
    case "clear":
      model.clear((said) => said.id === what.id);
      return run.socket.says({ type: "clear", utterance: what.id });
    case "clear all":
      model.clear(() => true);
      return run.socket.says({ type: "clear" });
    case "pause":
    case "resume":
      return run.socket.says({ type: what.do });
  }
}

/** What has left of each utterance, as the party has heard it: its samples are its place. */
function heardOf(run: Run): ReadonlyMap<number, number> {
  const counts = new Map<number, number>();
  for (const sample of run.call.heard()) counts.set(sample, (counts.get(sample) ?? 0) + 1);
  return counts;
}

/** A mark is told when everything before it has left, unless that was thrown away or its utterance was given up. */
function watchMarks(run: Run, model: Model): void {
  run.watch((message) => {
    if (message.type !== "mark") return;
    const mark = model.marks.find(({ name }) => name === message["name"])!;
    expect([mark.reached, mark.cleared]).toEqual([false, false]);
    mark.reached = true;
    const heard = heardOf(run);
    for (const { said, sent } of mark.behind) {
      if (!said.cleared) expect(heard.get(model.utterances.indexOf(said) + 1) ?? 0).toBeGreaterThanOrEqual(sent);
    }
  });
}

const ids = (messages: readonly JsonMessage[]) => messages.map((message) => message["utterance"]);

function checkOrder(run: Run, model: Model): void {
  expect(run.told.map(({ seq }) => seq)).toEqual(run.told.map((_, index) => index + 1));
  for (const socket of run.sockets) {
    expect(socket.frames[0]).toContain('"type":"start"');
    expect(socket.texts.slice(0, 2).map(({ type }) => type)).toEqual(["start", "credit"]);
  }
  expect(run.told.findIndex(({ type }) => type === "stop")).toBe(run.told.length - 1);
  expect(ids(run.of("played"))).toEqual(model.utterances.map((said) => said.id));
  const marks = run.of("mark").map(({ name }) => name);
  expect(marks).toEqual(model.marks.filter(({ name }) => marks.includes(name)).map(({ name }) => name));
  expect(run.of("cleared")).toHaveLength(model.clears);
}

function checkTruth(run: Run, model: Model): void {
  const heard = heardOf(run);
  const heardMs = new Map(run.of("played").map((played) => [played["utterance"], played["heard_ms"]]));
  run.of("played").forEach((played, index) => {
    const said = model.utterances[index]!;
    const samples = heard.get(index + 1) ?? 0;
    expect(played["heard_ms"]).toBe(Math.round(samples / 8));
    if (played["complete"]) expect(samples).toBe(said.sent);
    if (!said.cleared) expect(samples).toBe(said.sent);
  });
  for (const cleared of run.of("cleared")) {
    const before = ids(run.of("played").filter(({ seq }) => seq < cleared.seq));
    for (const { utterance, heard_ms: ms } of entries(cleared["utterances"])) {
      expect(before).toContain(utterance);
      expect(ms).toBe(heardMs.get(utterance));
    }
  }
  const gone = run.of("cleared").flatMap(({ marks }) => (Array.isArray(marks) ? marks.map(String) : []));
  for (const { name, reached } of model.marks) expect([name, Number(reached) + gone.filter((one) => one === name).length]).toEqual([name, 1]);
  for (const { queued_ms: queued, free_ms: free } of run.of("credit")) expect(Number(queued) + Number(free)).toBe(60_000);
  expect(run.of("credit").at(-1)).toMatchObject({ queued_ms: 0, free_ms: 60_000 });
}

const entries = (value: unknown): readonly { readonly utterance: unknown; readonly heard_ms: unknown }[] => (Array.isArray(value) ? value : []);

/** Everything that was heard of the call, in its order and without a hole but those that were told. */
function checkUplink(run: Run): void {
  const positions = run.positions();
  const missed = run.of("start").reduce((sum, { resume }) => sum + missedOf(resume), 0);
  const holes = positions.map((position, index) => position - (positions[index - 1] ?? -160) - 160);
  expect(holes.every((hole) => hole >= 0)).toBe(true);
  expect(holes.reduce((sum, hole) => sum + hole, 0) / 8).toBe(missed);
}

const missedOf = (resume: unknown): number => (typeof resume === "object" && resume !== null && "missed_ms" in resume ? Number(resume.missed_ms) : 0);

async function lead(steps: readonly Step[]) {
  const run = running();
  const model = new Model();
  watchMarks(run, model);
  for (const what of steps) await perform(run, model, what);
  if (run.socket.closed !== undefined) run.attach();
  return { run, model };
}

function checkNothingIsLeft({ clock, call }: Run): void {
  expect([clock.timers, call.listeners, call.playing]).toEqual([0, 0, 0]);
}

const steps = fc.array(step, { minLength: 1, maxLength: 25 });

describe("a stream in the exact protocol", () => {
  it("keeps the order and the truth, whatever a bot does and however often it is lost", async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (way) => {
        const { run, model } = await lead(way);
        run.socket.says({ type: "resume" });
        run.socket.says({ type: "stop" });
        expect(await run.over()).toMatchObject({ by: "bot", reason: "stop" });
        expect(run.socket.closed).toBe(1000);
        checkNothingIsLeft(run);
        checkOrder(run, model);
        checkTruth(run, model);
        checkUplink(run);
      }),
      { seed: 41, numRuns: 120 },
    );
  }, 20_000);

  it("tells what became of everything when the call is over", async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (way) => {
        const { run, model } = await lead(way);
        run.life.close();
        const { totals } = await run.over();
        expect(run.of("stop")).toMatchObject([{ reason: "call_ended", totals: { played_ms: totals.playedMs, sent_ms: run.frames.length * 20 } }]);
        checkNothingIsLeft(run);
        checkOrder(run, model);
        const heard = heardOf(run);
        expect(run.of("played").map((played) => played["heard_ms"])).toEqual(model.utterances.map((_, index) => Math.round((heard.get(index + 1) ?? 0) / 8)));
        expect(totals.playedMs).toBe(run.of("played").reduce((sum, played) => sum + Number(played["heard_ms"]), 0));
      }),
      { seed: 42, numRuns: 60 },
    );
  }, 20_000);
});
