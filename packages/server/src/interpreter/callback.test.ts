import { parseFlow, type Action } from "@piopiy/pcmo";
import { describe, expect, it } from "vitest";
import { simulate, type SimReply, type SimulationOptions, type SimulationReport } from "../simulator/index.ts";
import type { CallContext } from "./call-context.ts";

const url = "https://app.example.com/dtmf?token=secret";
const input = { action: "input", action_url: url, max_digit: 1 };
const speak = (text: string) => ({ action: "speak", text });

async function run(replies: readonly SimReply[], more: SimulationOptions = {}, before: readonly unknown[] = []): Promise<SimulationReport> {
  const parsed = parseFlow([...before, input, speak("rest of the flow")]);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.issues));
  const flow: readonly Action[] = parsed.value;
  return simulate(flow, [{ atMs: 1000, press: "5" }, { atMs: 3000, press: "6" }], { callbacks: { [url]: replies }, audio: { characterMs: 10 }, ...more });
}

const data = (report: SimulationReport, type: string) =>
  report.timeline.filter((entry) => entry.type === type).map((entry) => entry.data);
const spokenMs = (report: SimulationReport) => report.legs[0]?.heard.map(({ heardMs }) => heardMs);

describe("the callback of digits", () => {
  it.each<[string, Partial<CallContext>, Record<string, unknown>]>([
    ["numbers as numbers", {}, { from: 15550100, to: 15550199 }],
    ["user names and leading zeros as text", { from: "alice", to: "0123456" }, { from: "alice", to: "0123456" }],
    ["extra_params as they came", { extraParams: '{"a":1}' }, { from: 15550100, to: 15550199, extra_params: '{"a":1}' }],
  ])("carries %s", async (_, call, expected) => {
    const report = await run([{ body: [] }], { call });
    const id = report.legs[0]?.id;
    expect(report.callbacks).toEqual([{ atMs: 1000, url, body: { ...expected, dtmf: "5", cmiuuid: id, cmuuid: id } }]);
  });

  it("carries the text of the last param before it", async () => {
    const report = await run([], { call: { extraParams: "{}" } }, [{ action: "param", text: "one" }, { action: "param", text: "{ two }" }]);
    expect(report.callbacks[0]?.body).toMatchObject({ extra_params: "{ two }" });
    expect(report.result).toEqual({ end: "completed", extraParams: "{ two }" });
    expect(data(report, "action.finished")[1]).toEqual({ action: "param", text: "{ two }" });
  });

  it("says on the timeline where it went, without path or query", async () => {
    expect(data(await run([]), "callback.sent")).toEqual([{ origin: "https://app.example.com" }]);
  });

  it("is answered by the rest of the flow", async () => {
    const report = await run([{ body: [speak("next"), { action: "hangup" }], afterMs: 200 }]);
    expect(spokenMs(report)).toEqual([40]);
    expect(report.result).toEqual({ end: "hung_up", cause: { reason: "completed", who: "us" } });
    expect(data(report, "callback.replied")).toEqual([{ status: 200, actions: 2 }]);
    expect(data(report, "flow.replaced")).toEqual([{ actions: 2, dropped: 1 }]);
    const replaced = report.timeline.findIndex(({ type }) => type === "flow.replaced");
    expect(report.timeline.slice(replaced + 1).map(({ type, actionIndex }) => [type, actionIndex])).toEqual([
      ["action.started", 0], ["action.finished", 0], ["action.started", 1], ["action.finished", 1], ["flow.finished", undefined],
    ]);
  });

  it("may be answered by another question, and again", async () => {
    const report = await run([{ body: [input] }, { body: [speak("bye")] }]);
    expect(report.callbacks.map(({ atMs }) => atMs)).toEqual([1000, 3000]);
    expect(spokenMs(report)).toEqual([30]);
  });

  it("warns of fields that are ignored", async () => {
    const report = await run([{ body: [{ ...speak("x"), colour: "red" }] }]);
    expect(data(report, "warning")).toEqual([{ warning: "callback_reply", path: "/0/colour", message: expect.any(String) }]);
  });

  it.each<[string, SimReply]>([
    ["an empty reply", {}],
    ["a blank reply", { body: " \n" }],
    ["no content", { status: 204 }],
    ["an empty list", { body: [] }],
  ])("with %s the flow goes on", async (_, reply) => {
    const report = await run([reply]);
    expect(spokenMs(report)).toEqual([160]);
    expect(data(report, "callback.replied")).toEqual([{ status: reply && "status" in reply ? reply.status : 200, actions: 0, next: "next_action" }]);
    expect(data(report, "callback.failed")).toEqual([]);
  });

  it.each<[string, SimReply, Record<string, unknown>]>([
    ["no server", { fails: "fetch_failed" }, { code: "fetch_failed", message: expect.any(String) }],
    ["a forbidden address", { fails: "fetch_refused" }, { code: "fetch_refused", message: expect.any(String) }],
    ["an error status", { status: 500, body: [speak("no")] }, { status: 500, code: "callback_status", message: expect.any(String) }],
    ["a redirect", { status: 302, body: [speak("no")] }, { status: 302, code: "callback_status", message: expect.any(String) }],
    ["text", { body: "got it" }, { status: 200, code: "malformed_json", message: expect.any(String) }],
    ["an object", { body: { ok: true } }, { status: 200, code: "invalid_request", message: expect.any(String), errors: [{ path: "", message: expect.any(String) }] }],
    [
      "an invalid flow", { body: [speak("no"), { action: "dance" }, { action: "play" }] },
      {
        status: 200, code: "invalid_request", message: expect.any(String),
        errors: [expect.objectContaining({ path: "/1/action" }), expect.objectContaining({ path: expect.stringMatching(/^\/2/) })],
      },
    ],
  ])("with %s the flow goes on, and the timeline says why", async (_, reply, expected) => {
    const report = await run([reply]);
    expect(data(report, "callback.failed")).toEqual([{ ...expected, next: "next_action" }]);
    expect(spokenMs(report)).toEqual([160]);
    expect(data(report, "action.finished")[0]).toEqual({ action: "input", input: true, attempts: 1 });
  });

  it("is given up when the party hangs up before the reply", async () => {
    const report = await run([{ body: [speak("never")], afterMs: 60_000 }], { durationMs: 5000 });
    expect(report.result).toEqual({ end: "leg_ended", cause: { reason: "duration", who: "us" } });
    expect(data(report, "callback.failed")).toEqual([]);
    expect(report.durationMs).toBe(5000);
  });
});
