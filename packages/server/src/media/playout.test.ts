import { describe, expect, it } from "vitest";
import { Playout } from "./playout.ts";
import { newCounters } from "./statistics.ts";

function recorded() {
  const told: string[] = [];
  const counters = newCounters();
  const playout = new Playout(counters, {
    used: (playback, samples) => told.push(`used ${samples} of ${playback}`),
    playing: (kind) => told.push(`playing ${kind}`),
    played: (playback, { complete, heardMs }) => told.push(`played ${playback} ${complete ? "complete" : "cut"} ${heardMs}`),
    marked: (playback, mark) => told.push(`marked ${mark} in ${playback}`),
    underrun: (playback, frames) => told.push(`underrun ${frames} of ${playback}`),
  });
  let nowMs = 0;
  /** One turn; what was played in it as its first and last sample. */
  const turn = (afterMs = 20) => {
    const into = new Int16Array(160).fill(-1);
    const playing = playout.read(into, (nowMs += afterMs));
    playout.sent();
    return playing ? [into[0], into[159]] : "silence";
  };
  /** Samples that came right after the last turn. */
  const append = (playback: number, portion: Int16Array) => playout.append(playback, portion, nowMs);
  const pass = (ms: number) => void (nowMs += ms);
  return { playout, counters, told, turn, append, pass };
}

const samples = (count: number, value: number) => new Int16Array(count).fill(value);

describe("the playout queue", () => {
  it("tells the first packet of a playback and its end, with what was heard", () => {
    const { playout, told, turn, append } = recorded();
    playout.add(1, "tone");
    append(1, samples(320, 5));
    playout.end(1);
    expect([turn(), turn(), turn()]).toEqual([[5, 5], [5, 5], "silence"]);
    expect(told).toEqual(["playing tone", "played 1 complete 40"]);
  });

  it("plays one behind the other without a gap, even within a frame", () => {
    const { playout, told, turn, append } = recorded();
    playout.add(1, "file");
    append(1, samples(100, 5));
    playout.end(1);
    playout.add(2, "speech");
    append(2, samples(220, 6));
    playout.end(2);
    expect([turn(), turn()]).toEqual([[5, 6], [6, 6]]);
    expect(told).toEqual(["playing file", "played 1 complete 13", "playing speech", "played 2 complete 28"]);
  });

  it("ends a playback without a single sample", () => {
    const { playout, told, turn } = recorded();
    playout.add(1, "file");
    playout.end(1);
    expect(turn()).toBe("silence");
    expect(told).toEqual(["played 1 complete 0"]);
  });

  it("counts a frame that was due as an underrun, fills it with silence, and plays on", () => {
    const { playout, counters, turn, append } = recorded();
    playout.add(1, "stream");
    expect(turn()).toBe("silence");
    expect(counters.underruns).toBe(0);
    append(1, samples(200, 5));
    expect([turn(), turn()]).toEqual([[5, 5], "silence"]);
    expect(counters.underruns).toBe(1);
    append(1, samples(120, 6));
    expect(turn()).toEqual([5, 6]);
  });

  it("throws away what is queued when it is flushed, and goes on with the next", () => {
    const { playout, told, turn, append } = recorded();
    playout.add(1, "file");
    append(1, samples(1600, 5));
    playout.add(2, "file");
    append(2, samples(160, 6));
    playout.end(2);
    turn();
    playout.flush(1);
    expect(turn()).toEqual([6, 6]);
    expect(told).toEqual(["playing file", "played 1 cut 20", "playing file", "played 2 complete 20"]);
  });

  it("tells what was used in large portions, so that more can be handed over", () => {
    const { playout, told, turn, append } = recorded();
    playout.add(1, "file");
    append(1, samples(16_000, 5));
    for (let frame = 0; frame < 100; frame++) turn();
    expect(told.filter((entry) => entry.startsWith("used"))).toEqual(["used 8000 of 1", "used 8000 of 1"]);
  });
});

describe("a feed", () => {
  it("begins with a frame that was there 4 ms before its turn; a later one waits for the next", () => {
    for (const [earlyMs, first] of [[3, "silence"], [4, [5, 5]]] as const) {
      const { playout, append, turn, pass } = recorded();
      playout.add(1, "stream", { live: undefined });
      pass(20 - earlyMs);
      append(1, samples(160, 5));
      expect([turn(earlyMs), turn()]).toEqual([first, first === "silence" ? [5, 5] : [5, 2]]);
    }
  });

  it("that runs dry fades out over three frames, which are not heard of it, and goes on", () => {
    const { playout, told, append, turn, pass } = recorded();
    playout.add(1, "stream", { live: undefined });
    append(1, samples(160, 800));
    expect([turn(), turn(), turn(), turn(), turn()]).toEqual([[800, 800], [800, 402], [400, 201], [200, 100], "silence"]);
    append(1, samples(160, 7));
    pass(10);
    expect(turn(10)).toEqual([7, 7]);
    playout.end(1);
    turn();
    expect(told).toEqual(["playing stream", "used 160 of 1", "underrun 4 of 1", "played 1 complete 40"]);
  });

  it("counts no underrun while it is paused, and goes on where it was", () => {
    const { playout, counters, told, append, turn } = recorded();
    playout.add(1, "stream", { live: undefined });
    append(1, samples(240, 5));
    expect(turn()).toEqual([5, 5]);
    playout.pause(1, true);
    expect([turn(), turn(), turn()]).toEqual(["silence", "silence", "silence"]);
    append(1, samples(80, 6));
    playout.pause(1, false);
    expect(turn()).toEqual([5, 6]);
    expect([counters.underruns, told]).toEqual([0, ["playing stream"]]);
  });

  it("tells what was used five times a second, and when nothing is left", () => {
    const { playout, told, append, turn } = recorded();
    playout.add(1, "stream", { live: undefined });
    append(1, samples(8240, 5));
    for (let frame = 0; frame < 53; frame++) turn();
    expect(told.filter((entry) => entry.startsWith("used"))).toEqual([...Array.from({ length: 5 }, () => "used 1600 of 1"), "used 160 of 1"]);
  });

  it("that is flushed says what has left, and nothing of it is heard any more", () => {
    const { playout, told, append, turn } = recorded();
    playout.add(1, "stream", { live: undefined });
    append(1, samples(8000, 5));
    playout.mark(1, 9);
    turn();
    turn();
    playout.flush(1);
    expect(turn()).toBe("silence");
    expect(told).toEqual(["playing stream", "played 1 cut 40"]);
  });
});
