import { parseFlow, type Action } from "@piopiy/pcmo";
import { describe, expect, it } from "vitest";
import { PiopiyError } from "../../base/index.ts";
import { simulate, type CallerScript, type SimulationOptions, type SimulationReport } from "../../simulator/index.ts";

const speak = { action: "speak", text: "0123456789" };
const record = (more: object = {}) => ({ action: "record", ...more });

async function run(actions: readonly unknown[], script: CallerScript = [], more: SimulationOptions = {}): Promise<SimulationReport> {
  const parsed = parseFlow(actions);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.issues));
  const flow: readonly Action[] = parsed.value;
  return simulate(flow, script, { audio: { characterMs: 100 }, durationMs: 60_000, ...more });
}

const data = (report: SimulationReport, type: string) =>
  report.timeline.filter((entry) => entry.type === type).map((entry) => entry.data);

describe("record", () => {
  // The flow, what the caller does, [from, length] of every recording, how long the call lasts.
  it.each<[string, readonly unknown[], CallerScript, number[][], number]>([
    ["runs while the flow goes on, to its end", [speak, record(), speak, speak], [], [[1000, 2000]], 3000],
    ["as the last action waits for the party to hang up", [speak, record()], [{ atMs: 21_000, hangup: true }], [[1000, 20_000]], 21_000],
    ["as the last action waits for the call's time to be over", [speak, record()], [], [[1000, 59_000]], 60_000],
    ["ends when the party hangs up during the next action", [record(), speak], [{ atMs: 700, hangup: true }], [[0, 700]], 700],
    ["ends with a hangup", [record(), speak, { action: "hangup" }], [], [[0, 1000]], 1000],
    ["a second time is the same recording, and still waits", [record(), speak, record()], [{ atMs: 5000, hangup: true }], [[0, 5000]], 5000],
  ])("%s", async (_, actions, script, recordings, durationMs) => {
    const report = await run(actions, script);
    expect(report.recordings.map((recording) => [recording.startMs, recording.durationMs])).toEqual(recordings);
    expect(report.durationMs).toBe(durationMs);
    expect(data(report, "recording.finished")).toEqual(
      report.recordings.map(({ id, durationMs = 0 }) => ({ recording: id, durationMs, bytes: durationMs * 16, format: "wav" })),
    );
  });

  it.each(["mono", "stereo"] as const)("records %s, and answers an inbound call for it", async (channels) => {
    const report = await run([record({ channels }), speak], [], { call: { direction: "inbound" } });
    expect(report.recordings[0]).toMatchObject({ channels, legId: report.legs[0]?.id });
    expect(report.legs[0]?.answeredMs).toBe(0);
    expect(data(report, "recording.started")).toEqual([{ recording: report.recordings[0]?.id, channels, format: "wav" }]);
  });

  it("goes on recording when digits replace the flow", async () => {
    const url = "https://app.example.com/";
    const report = await run([record(), { action: "input", action_url: url }], [{ atMs: 1000, press: "1" }], { callbacks: { [url]: [{ body: [speak] }] } });
    expect(report.recordings).toMatchObject([{ startMs: 0, durationMs: 2050 }]);
  });

  it("that fails is told, and does not keep the call up", async () => {
    const recordings = { start: () => Promise.reject(new PiopiyError("media_failed")) };
    const report = await run([speak, record()], [], { ports: { recordings } });
    expect(data(report, "action.failed")).toEqual([{ action: "record", code: "media_failed", message: expect.any(String), next: "flow_ends" }]);
    expect(report.durationMs).toBe(1000);
  });

  it("that cannot be closed is told, and the flow ends as it would have", async () => {
    const recordings = { start: () => Promise.resolve({ id: "r1", stop: () => Promise.reject(new PiopiyError("internal")) }) };
    const report = await run([record(), speak], [], { ports: { recordings } });
    expect(data(report, "recording.failed")).toEqual([{ recording: "r1", code: "internal", message: expect.any(String) }]);
    expect(report.result).toEqual({ end: "completed" });
  });

  it("asks for the format of the action", async () => {
    const report = await run([record({ format: "mp3" }), speak]);
    expect(report.recordings).toMatchObject([{ format: "mp3", durationMs: 1000 }]);
    expect(data(report, "recording.finished")).toMatchObject([{ format: "mp3", durationMs: 1000 }]);
  });

  it("beeps before it begins", async () => {
    const report = await run([record({ beep: true }), speak]);
    expect(report.legs[0]?.heard.map(({ kind, startMs, endMs }) => [kind, startMs, endMs])).toEqual([["tone", 0, 250], ["speech", 250, 1250]]);
    expect(report.recordings).toMatchObject([{ startMs: 250, durationMs: 1000 }]);
  });

  it("that is hung up at the beep does not begin", async () => {
    const report = await run([record({ beep: true }), speak], [{ atMs: 100, hangup: true }]);
    expect(report.recordings).toEqual([]);
    expect(data(report, "action.finished")).toEqual([{ action: "record", interrupted: true }]);
  });
});

describe("record, as a message", () => {
  const keys = [{ atMs: 4000, press: "12#" }];
  // Its limits, what the caller does, the recording's length, what ended it.
  it.each<[string, object, CallerScript, number, string]>([
    ["ends at its length", { max_length: 7 }, keys, 7000, "max_length"],
    ["ends at the key", { max_length: 7, finish_on_key: "#" }, keys, 4400, "finish_on_key"],
    ["is not ended by another key", { max_length: 7, finish_on_key: "*" }, keys, 7000, "max_length"],
    ["ends when nobody speaks", { silence_timeout: 3 }, [], 3000, "silence"],
    ["ends when nobody speaks any more", { silence_timeout: 3 }, [{ atMs: 1000, talk: 5000 }], 9000, "silence"],
    ["ends at the first of its limits", { silence_timeout: 2, max_length: 60, finish_on_key: "#" }, keys, 2000, "silence"],
  ])("%s, and the flow goes on", async (_, limits, script, durationMs, ended) => {
    const report = await run([record(limits), speak], script);
    const [recording] = report.recordings;
    expect(recording).toMatchObject({ startMs: 0, durationMs });
    expect(data(report, "action.finished")[0]).toEqual({ action: "record", recording: recording?.id, ended, durationMs, bytes: durationMs * 16, format: "wav" });
    expect(report.durationMs).toBe(durationMs + 1000);
  });

  it("as the last action does not keep the call up", async () => {
    expect((await run([record({ max_length: 5 })])).durationMs).toBe(5000);
  });

  it("is a recording of its own in a call that is recorded anyway", async () => {
    const report = await run([record(), speak, record({ max_length: 2 }), speak]);
    expect(report.recordings.map(({ startMs, durationMs }) => [startMs, durationMs])).toEqual([[0, 4000], [1000, 2000]]);
  });

  it("is complete when the caller hangs up", async () => {
    const report = await run([record({ finish_on_key: "#" }), speak], [{ atMs: 2500, hangup: true }]);
    expect(data(report, "recording.finished")).toMatchObject([{ durationMs: 2500 }]);
    expect(data(report, "action.finished")).toEqual([{ action: "record", interrupted: true }]);
  });

  it("that cannot be written is told, and the flow goes on", async () => {
    const recordings = { start: () => Promise.resolve({ id: "r1", stop: () => Promise.reject(new PiopiyError("media_failed")) }) };
    const report = await run([record({ max_length: 1 }), speak], [], { ports: { recordings } });
    expect(data(report, "recording.failed")).toMatchObject([{ recording: "r1", code: "media_failed" }]);
    expect(data(report, "action.finished").map((entry) => entry?.["action"])).toEqual(["record", "speak"]);
  });
});
