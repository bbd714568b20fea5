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
    expect(data(report, "recording.finished")).toEqual(report.recordings.map(({ id, durationMs }) => ({ recording: id, durationMs })));
  });

  it.each(["mono", "stereo"] as const)("records %s, and answers an inbound call for it", async (channels) => {
    const report = await run([record({ channels }), speak], [], { call: { direction: "inbound" } });
    expect(report.recordings[0]).toMatchObject({ channels, legId: report.legs[0]?.id });
    expect(report.legs[0]?.answeredMs).toBe(0);
    expect(data(report, "recording.started")).toEqual([{ recording: report.recordings[0]?.id, channels }]);
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

  it("refuses mp3", async () => {
    const report = await run([record({ format: "mp3" }), speak]);
    expect(data(report, "action.failed")).toMatchObject([{ code: "unsupported_action", next: "next_action" }]);
    expect(report.recordings).toEqual([]);
  });
});
