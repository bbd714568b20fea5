import { describe, expect, it } from "vitest";
import type { CallerScript } from "../../simulator/index.ts";
import { B, data, flowOf, heard, run, speak, stream, url } from "./streaming.test.support.ts";

describe("stream", () => {
  it("goes on at once, and keeps the call up until its bot closes it", async () => {
    const report = await run([stream(), speak], { [url]: { does: [{ atMs: 5000, say: 500 }, { atMs: 8000, close: true }] } });
    expect(heard(report)).toEqual([["speech", 0, 1000], ["stream", 5050, 500]]);
    expect(report.durationMs).toBe(8050);
    expect(report.result).toEqual({ end: "completed" });
    const [connected] = data(report, "stream.connected");
    expect(connected).toEqual({ stream: expect.any(String), connectMs: 50 });
    expect(data(report, "stream.closed")).toMatchObject([{ stream: connected?.["stream"], by: "bot", code: 1000, playedMs: 500 }]);
    expect(data(report, "action.finished")[0]).toEqual({ action: "stream", stream: connected?.["stream"] });
    expect(JSON.stringify(report.timeline)).not.toContain("secret");
  });

  it.each<[string, CallerScript, number | undefined, number, string]>([
    ["the caller hangs up", [{ atMs: 3000, hangup: true }], undefined, 3000, "leg_ended"],
    ["its time is over", [], 60_000, 60_000, "leg_ended"],
  ])("ends when %s", async (_, script, durationMs, endMs, end) => {
    const report = await run([stream()], { [url]: { does: [] } }, { script, ...(durationMs !== undefined && { durationMs }) });
    expect([report.durationMs, report.result.end]).toEqual([endMs, end]);
    expect(data(report, "stream.closed")).toMatchObject([{ by: "us" }]);
    expect(report.timeline.at(-1)?.type).toBe("flow.finished");
  });

  it("that cannot be opened is told, and the flow goes on", async () => {
    const report = await run([stream(), speak], { [url]: { fails: "fetch_refused", afterMs: 300 } });
    expect(data(report, "stream.failed")).toMatchObject([{ code: "fetch_refused", message: expect.any(String) }]);
    expect(report.durationMs).toBe(1000);
  });

  it("that is still being opened when the call ends is given up", async () => {
    const report = await run([stream()], { [url]: { does: [], afterMs: 9000 } }, { script: [{ atMs: 1000, hangup: true }] });
    expect(data(report, "stream.failed")).toMatchObject([{ code: "cancelled" }]);
    expect(report.durationMs).toBe(1000);
  });

  it("refuses a fifth", async () => {
    const report = await run([stream(), stream(), stream(), stream(), stream(), { action: "hangup" }], { [url]: { does: [] } });
    expect(data(report, "action.failed")).toMatchObject([{ action: "stream", code: "stream_failed", next: "next_action" }]);
  });

  it("performs what its bot sends in place of the flow, and lives on", async () => {
    const bot = { does: [{ atMs: 450, flow: flowOf({ action: "bridge", connect: [{ type: "pstn", number: B }] }) }, { atMs: 9950, flow: flowOf({ action: "hangup" }) }] };
    const report = await run([stream(), speak, speak], { [url]: bot });
    expect(heard(report)?.[0]).toEqual(["speech", 0, 500]);
    expect(data(report, "flow.replaced")).toEqual([{ actions: 1, dropped: 1, by: "stream" }, { actions: 1, dropped: 0, by: "stream" }]);
    expect(report.legs[0]?.joins).toMatchObject([{ startMs: 1500, endMs: 10_000 }]);
    expect([report.durationMs, report.result.end]).toEqual([10_000, "hung_up"]);
  });

  it("is warned of a flow without actions", async () => {
    const report = await run([stream(), speak], { [url]: { does: [{ atMs: 100, flow: [] }, { atMs: 200, close: true }] } });
    expect(data(report, "warning")).toMatchObject([{ warning: "stream_message", path: "", message: expect.stringContaining("no actions") }]);
    expect(report.durationMs).toBe(1000);
  });

  it("is not held up by a recording that keeps the call", async () => {
    const bot = { does: [{ atMs: 2950, flow: flowOf({ action: "hangup" }) }] };
    const report = await run([stream(), { action: "record" }], { [url]: bot });
    expect(report.recordings).toMatchObject([{ startMs: 0, durationMs: 3000 }]);
    expect(report.durationMs).toBe(3000);
  });
});

describe("stream on a call that comes in", () => {
  const incoming = { call: { direction: "inbound" } } as const;
  const bridge = { action: "bridge", connect: [{ type: "pstn", number: B }], duration: 5 };
  const closes = { [url]: { does: [{ atMs: 100, close: true }] } } as const;

  it("answers it", async () => {
    const report = await run([stream()], closes, incoming);
    expect([report.legs[0]?.answeredMs, report.durationMs]).toEqual([0, 150]);
  });

  it("waits for another action to answer it when that is asked for", async () => {
    const report = await run([stream({ stream_on_answer: true }), bridge], closes, incoming);
    expect(report.legs[0]?.answeredMs).toBe(1000);
    expect(report.timeline.find(({ type }) => type === "stream.connected")?.atMs).toBe(1050);
  });

  it("answers it all the same when no other action does", async () => {
    const report = await run([{ action: "param", text: "x" }, stream({ stream_on_answer: true })], closes, incoming);
    expect(report.legs[0]?.answeredMs).toBe(0);
    expect(data(report, "stream.closed")).toHaveLength(1);
  });

  it("does not keep it from being refused", async () => {
    const report = await run([stream({ stream_on_answer: true }), { action: "hangup" }], closes, incoming);
    expect(report.legs[0]).toMatchObject({ cause: { reason: "rejected" } });
    expect(report.legs[0]?.answeredMs).toBeUndefined();
    expect(data(report, "stream.failed")).toMatchObject([{ code: "cancelled" }]);
  });
});
