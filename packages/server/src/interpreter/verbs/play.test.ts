import { parseFlow, type Action } from "@piopiy/pcmo";
import { describe, expect, it } from "vitest";
import { channels, PiopiyError } from "../../base/index.ts";
import { simulate, type SimulationReport } from "../../simulator/index.ts";
import type { AudioPort, SpeechRequest } from "../ports.ts";

function flow(...actions: readonly unknown[]): readonly Action[] {
  const parsed = parseFlow(actions);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.issues));
  return parsed.value;
}

const data = (report: SimulationReport, type: string) =>
  report.timeline.filter((entry) => entry.type === type).map((entry) => entry.data);

const play = { action: "play", file_name: "welcome.wav" };
const speak = { action: "speak", text: "0123456789" };
const files = { "welcome.wav": { durationMs: 2000 }, "https://files.example.com/a.mp3": { durationMs: 700 } };

describe("play and speak", () => {
  it("play to the end, one after the other, and say what was heard", async () => {
    const report = await simulate(flow(play, speak, { action: "play", file_url: "https://files.example.com/a.mp3" }), [], {
      audio: { files, characterMs: 50 },
    });
    expect(report.legs[0]?.heard.map(({ kind, startMs, endMs }) => [kind, startMs, endMs])).toEqual([
      ["file", 0, 2000], ["speech", 2000, 2500], ["file", 2500, 3200],
    ]);
    expect(data(report, "action.finished")).toEqual([
      { action: "play", kind: "file", complete: true, heardMs: 2000 },
      { action: "speak", kind: "speech", complete: true, heardMs: 500 },
      { action: "play", kind: "file", complete: true, heardMs: 700 },
    ]);
    expect(report.result).toEqual({ end: "completed" });
  });

  it.each([["play", play], ["speak", speak]] as const)("%s answers an inbound call", async (_, action) => {
    const report = await simulate(flow({ action: "param", text: "x" }, action), [], { call: { direction: "inbound" } });
    expect(report.legs[0]?.answeredMs).toBe(0);
    expect(report.timeline.map(({ type, actionIndex }) => `${type} ${actionIndex ?? "-"}`)).toEqual([
      "flow.started -", "action.started 0", "action.finished 0",
      "action.started 1", "leg.answered -", "action.finished 1", "flow.finished -",
    ]);
  });

  it("counts what was heard when the party hangs up in the middle", async () => {
    const report = await simulate(flow(play, speak), [{ atMs: 1234, hangup: true }], { audio: { files } });
    expect(data(report, "action.finished")).toEqual([{ action: "play", kind: "file", complete: false, heardMs: 1220 }]);
    expect(report.result).toEqual({ end: "leg_ended", cause: { reason: "completed", who: "peer" } });
    expect(report.durationMs).toBe(1234);
  });

  it.each(["bad_audio", "fetch_failed", "fetch_refused"] as const)("a file that ends in %s is told, and the flow goes on", async (fails) => {
    const report = await simulate(flow(play, speak), [], { audio: { files: { "welcome.wav": { fails } }, characterMs: 10 } });
    expect(data(report, "action.failed")).toEqual([
      { action: "play", code: fails, message: expect.stringMatching(/\.$/), next: "next_action" },
    ]);
    expect(report.legs[0]?.heard.map(({ kind }) => kind)).toEqual(["speech"]);
    expect(report.result).toEqual({ end: "completed" });
  });

  it("keeps the words of an unforeseen failure off the timeline, and publishes it", async () => {
    const published: unknown[] = [];
    const listen = (message: unknown) => void published.push(message);
    channels.failure.subscribe(listen);
    const failure = new TypeError("cannot read 15550100 of undefined");
    const audio: AudioPort = { file: () => Promise.reject(failure), speech: () => Promise.reject(new PiopiyError("speech_failed")) };
    const report = await simulate(flow(play, speak), [], { ports: { audio } });
    channels.failure.unsubscribe(listen);
    expect(data(report, "action.failed")).toEqual([
      { action: "play", code: "internal", message: "Something failed inside the server.", next: "next_action" },
      { action: "speak", code: "speech_failed", message: "The text could not be spoken.", next: "flow_ends" },
    ]);
    expect(published).toEqual([{ layer: "interpreter", failure }]);
  });

  it("asks for the language and the voice of the action", async () => {
    const asked: SpeechRequest[] = [];
    const audio: AudioPort = {
      file: () => Promise.reject(new PiopiyError("bad_audio")),
      speech: (request) => {
        asked.push(request);
        return Promise.reject(new PiopiyError("speech_failed"));
      },
    };
    await simulate(flow({ action: "speak", text: "Hi", language: "en-US", voice: "slt" }, { action: "speak", text: "Ho" }), [], { ports: { audio } });
    const warn = expect.any(Function);
    expect(asked).toEqual([{ text: "Hi", language: "en-US", voice: "slt", warn }, { text: "Ho", warn }]);
  });

  it("puts what speech warns of on the timeline", async () => {
    const audio: AudioPort = {
      file: () => Promise.reject(new PiopiyError("bad_audio")),
      speech: ({ warn }) => {
        warn?.("The SSML is malformed.");
        return Promise.reject(new PiopiyError("speech_failed"));
      },
    };
    const report = await simulate(flow({ action: "speak", text: "<speak>" }), [], { ports: { audio } });
    expect(data(report, "warning")).toEqual([{ warning: "speech", message: "The SSML is malformed." }]);
  });

  it("gives up a file that never comes when the party hangs up", async () => {
    const never = () => new Promise<never>(() => undefined);
    const report = await simulate(flow(play), [{ atMs: 500, hangup: true }], { ports: { audio: { file: never, speech: never } } });
    expect(data(report, "action.finished")).toEqual([{ action: "play", interrupted: true }]);
    expect(report.durationMs).toBe(500);
  });
});
