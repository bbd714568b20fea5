import { describe, expect, it } from "vitest";
import { afterFrame, levelDb, silence, type Activity } from "./voice-activity.ts";

const frameOf = (db: number) => new Int16Array(160).fill(db === -Infinity ? 0 : Math.round(32_768 * 10 ** (db / 20)));

/** After which frame, counted from 1, speech began or was over. */
function changes(levels: readonly number[]): readonly (readonly [number, boolean])[] {
  const found: (readonly [number, boolean])[] = [];
  let activity: Activity = silence;
  for (const [index, db] of levels.entries()) {
    const next = afterFrame(activity, frameOf(db));
    if (next.speaking !== activity.speaking) found.push([index + 1, next.speaking]);
    activity = next;
  }
  return found;
}

const times = (count: number, db: number) => Array.from({ length: count }, () => db);

describe("speech", () => {
  it.each([
    ["begins after 60 ms", times(10, -20), [[3, true]]],
    ["is no click", [...times(5, -60), -10, -10, ...times(5, -60), -10, ...times(5, -60)], []],
    ["is no noise below the threshold", times(100, -40), []],
    ["goes on through its softer parts", [...times(5, -20), ...times(100, -40)], [[3, true]]],
    ["goes on through a pause of less than 500 ms", [...times(5, -20), ...times(24, -70), ...times(5, -20), ...times(24, -70)], [[3, true]]],
    ["is over after 500 ms", [...times(5, -20), ...times(30, -70)], [[3, true], [30, false]]],
    ["begins again", [...times(3, -20), ...times(25, -Infinity), ...times(3, -20)], [[3, true], [28, false], [31, true]]],
  ])("%s", (_, levels, expected) => {
    expect(changes(levels)).toEqual(expected);
  });

  it("has a level", () => {
    expect(levelDb(new Int16Array(160).fill(-32_768))).toBe(0);
    expect(levelDb(frameOf(-20))).toBeCloseTo(-20, 1);
    expect(levelDb(new Int16Array())).toBe(-Infinity);
  });
});
