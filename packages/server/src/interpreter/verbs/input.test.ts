import { parseFlow, type Action } from "@piopiy/pcmo";
import { describe, expect, it } from "vitest";
import { simulate, type CallerScript, type SimulationOptions, type SimulationReport } from "../../simulator/index.ts";

const url = "https://app.example.com/dtmf?token=secret";
const after = { action: "speak", text: "after" };
const options = {
  audio: { files: { "menu.wav": { durationMs: 4000 }, "broken.wav": { fails: "bad_audio" } }, characterMs: 10 },
  callbacks: { [url]: [{ status: 204 }] },
} as const satisfies SimulationOptions;

const ask = (more: object = {}) => ({ action: "play_get_input", action_url: url, file_name: "menu.wav", max_digit: 3, timeout: 5, ...more });
const input = (more: object = {}) => ({ action: "input", action_url: url, max_digit: 3, timeout: 5, ...more });

async function run(actions: readonly unknown[], script: CallerScript, more: SimulationOptions = {}): Promise<SimulationReport> {
  const parsed = parseFlow(actions);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.issues));
  const flow: readonly Action[] = parsed.value;
  return simulate(flow, script, { ...options, ...more });
}

const data = (report: SimulationReport, type: string) =>
  report.timeline.filter((entry) => entry.type === type).map((entry) => entry.data);
const posted = (report: SimulationReport) =>
  report.callbacks.map(({ atMs, body }) => [atMs, typeof body === "object" && body !== null && "dtmf" in body ? body.dtmf : body]);
const prompts = (report: SimulationReport) => report.legs[0]?.heard.filter(({ kind }) => kind === "file").map(({ heardMs }) => heardMs);

describe("digits", () => {
  // What is asked, what the caller does, [when, digits] of every POST, how much of every prompt was heard.
  it.each<[string, object, CallerScript, [number, string][], number[]]>([
    ["after the prompt, up to max_digit", ask(), [{ afterPrompt: 1, delayMs: 1000, press: "123" }], [[5400, "123"]], [4000]],
    ["after the prompt, up to the finishing key", ask(), [{ afterPrompt: 1, press: "12#" }], [[4400, "12"]], [4000]],
    ["after the prompt, until the caller stops", ask(), [{ afterPrompt: 1, press: "1" }], [[9000, "1"]], [4000]],
    ["during the prompt, which the first one ends", ask(), [{ atMs: 1000, press: "456" }], [[1400, "456"]], [1000]],
    ["more than asked for: the first ones", ask(), [{ atMs: 1000, press: "45678" }], [[1400, "456"]], [1000]],
    ["one is enough where max_digit is absent", ask({ max_digit: undefined }), [{ atMs: 500, press: "9" }], [[500, "9"]], [500]],
    ["keys 4.9 s apart belong together", ask(), [{ atMs: 5000, press: "1" }, { atMs: 9900, press: "2" }, { atMs: 14_800, press: "3" }], [[14_800, "123"]], [4000]],
    ["keys 5.1 s apart do not", ask(), [{ atMs: 5000, press: "1" }, { atMs: 10_100, press: "2" }], [[10_000, "1"]], [4000]],
    ["another finishing key", ask({ finish_on_key: "*" }), [{ atMs: 1000, press: "1#*" }], [[1400, "1#"]], [1000]],
    ["no finishing key", ask({ finish_on_key: "" }), [{ atMs: 1000, press: "1#" }], [[6200, "1#"]], [1000]],
    ["none, once", ask(), [], [], [4000]],
    ["none, three times", ask({ max_retry: 3 }), [], [], [4000, 4000, 4000]],
    ["none, max_retry 0 asks once", ask({ max_retry: 0 }), [], [], [4000]],
    ["at the second prompt", ask({ max_retry: 3 }), [{ atMs: 10_000, press: "77#" }], [[10_400, "77"]], [4000, 1000]],
    ["too few are asked for again", ask({ min_digit: 2, max_retry: 2 }), [{ atMs: 1000, press: "1#" }, { atMs: 3000, press: "22#" }], [[3400, "22"]], [1000, 1800]],
    ["too few at a time-out are asked for again", ask({ min_digit: 2, max_retry: 2 }), [{ atMs: 1000, press: "1" }], [], [1000, 4000]],
    ["the finishing key alone is none", ask({ max_retry: 2 }), [{ atMs: 1000, press: "#" }], [], [1000, 4000]],
    ["none, and posted so", ask({ on_no_input: "post" }), [], [[9000, ""]], [4000]],
    ["without a prompt", input(), [{ atMs: 4999, press: "123" }], [[5399, "123"]], []],
    ["without a prompt: too late", input(), [{ atMs: 5001, press: "123" }], [], []],
    ["without a prompt: none, and posted so", input({ on_no_input: "post" }), [], [[5000, ""]], []],
    ["without a prompt: too few are not asked for again", input({ min_digit: 2 }), [{ atMs: 100, press: "1#" }, { atMs: 600, press: "12#" }], [], []],
  ])("%s", async (_, action, script, expectedPosts, expectedPrompts) => {
    const report = await run([action, after], script);
    expect(posted(report)).toEqual(expectedPosts);
    expect(prompts(report)).toEqual(expectedPrompts);
    expect(data(report, "action.finished").at(-1)).toMatchObject({ action: "speak", complete: true });
  });

  it("count from the start of the action: what was typed during an earlier one does not", async () => {
    const report = await run([{ action: "play", file_name: "menu.wav" }, ask()], [{ atMs: 3000, press: "99" }, { atMs: 4500, press: "123" }]);
    expect(posted(report)).toEqual([[4900, "123"]]);
  });

  it("count while the prompt is still being fetched, and then it is not played", async () => {
    const file = () => new Promise<never>(() => undefined);
    const report = await run([ask()], [{ atMs: 300, press: "123" }], { ports: { audio: { file, speech: file } } });
    expect(posted(report)).toEqual([[700, "123"]]);
    expect(prompts(report)).toEqual([]);
  });

  it("are waited for after a prompt that cannot be played", async () => {
    const report = await run([ask({ file_name: "broken.wav" }), after], [{ atMs: 2000, press: "12#" }]);
    expect(data(report, "prompt.failed")).toEqual([
      { code: "bad_audio", message: expect.any(String), next: "wait_for_digits" },
    ]);
    expect(posted(report)).toEqual([[2400, "12"]]);
  });

  it("are on the timeline with how they ended, and so are those that were too few", async () => {
    const report = await run([ask({ min_digit: 2, max_retry: 2 })], [{ atMs: 1000, press: "1#" }, { atMs: 3000, press: "22#" }]);
    expect(data(report, "digits.missing")).toEqual([{ digits: "1", by: "finish_on_key", attempt: 1, wanted: 2 }]);
    expect(data(report, "digits.collected")).toEqual([{ digits: "22", by: "finish_on_key", attempt: 2 }]);
    expect(data(report, "prompt.played")).toEqual([
      { kind: "file", complete: false, heardMs: 1000 }, { kind: "file", complete: false, heardMs: 1800 },
    ]);
    expect(data(report, "action.finished")).toEqual([{ action: "play_get_input", input: true, attempts: 2 }]);
  });

  it.each([ask(), input()])("$action answers an inbound call", async (action) => {
    const report = await run([action], [{ atMs: 100, press: "123" }], { call: { direction: "inbound" } });
    expect(report.legs[0]?.answeredMs).toBe(0);
    expect(posted(report)).toEqual([[500, "123"]]);
  });
});
