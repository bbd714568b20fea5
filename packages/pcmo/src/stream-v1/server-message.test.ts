import * as fc from "fast-check";
import { describe, expect, expectTypeOf, it } from "vitest";
import { parseExactServerMessage, streamLimits, streamProtocol, type ExactServerMessage } from "./index.ts";
import { serverSamples } from "./samples.test.support.ts";

const [start] = serverSamples;
const types = "start, dtmf, mark, played, cleared, underrun, credit, overflow, warning, stop";

describe("a text message of the server", () => {
  it.each(serverSamples)("is read: $type", (message) => {
    expect(parseExactServerMessage(JSON.stringify(message))).toEqual({ ok: true, value: message, warnings: [] });
    expect(parseExactServerMessage(message)).toEqual({ ok: true, value: message, warnings: [] });
  });

  it.each(serverSamples)("may have fields of a newer server: $type", (message) => {
    expect(parseExactServerMessage({ ...message, mood: "good" })).toEqual({ ok: true, value: message, warnings: [] });
  });

  it("may be of a type of a newer server", () => {
    const warnings = [{ path: "/type", message: "is of a server that is newer than this" }];
    const emotion = { type: "emotion", seq: 4, of: "joy" };
    expect(parseExactServerMessage(JSON.stringify(emotion))).toEqual({
      ok: true, value: { type: "unknown", name: "emotion", seq: 4, message: emotion }, warnings,
    });
    expect(parseExactServerMessage({ type: "toString", seq: "4" })).toMatchObject({ ok: true, value: { type: "unknown", name: "toString", seq: undefined } });
  });

  it.each([
    ["nonsense", "", "must be JSON"],
    ["[]", "", "must be an object with a type; got an empty list"],
    [7, "", "must be an object with a type; got a number"],
    [{}, "/type", `is missing; must be one of ${types}`],
    [{ type: 4 }, "/type", `must be one of ${types}; got 4`],
    [{ type: "dtmf", digit: "1" }, "/seq", "is missing; must be a whole number from 1"],
    [{ type: "dtmf", seq: 0, digit: "1" }, "/seq", "must be a whole number from 1; got 0"],
    [{ type: "dtmf", seq: 1, digit: "12" }, "/digit", "must be one key: 0 to 9, *, # or A to D; got text"],
    [{ ...start, version: 2 }, "/version", "must be 1; got 2"],
    [{ ...start, direction: "sideways" }, "/direction", 'must be "inbound" or "outbound"; got "sideways"'],
    [{ type: "start" }, "/extra_params", "is missing; must be text or null"],
    [{ type: "start" }, "/resume", "is missing; must be an object or null"],
    [{ ...start, extra_params: {} }, "/extra_params", "must be text; got an object"],
    [{ ...start, parameters: ["a"] }, "/parameters", "must be an object of texts; got a list"],
    [{ ...start, parameters: { a: 1 } }, "/parameters", "must be an object of texts; got an object"],
    [{ ...start, listen_mode: "all" }, "/listen_mode", 'must be "caller", "callee" or "both"; got "all"'],
    [{ ...start, format: { encoding: "opus", sample_rate: 8000, channels: 1, frame_ms: 20 } }, "/format/encoding", 'must be "pcm_s16le"; got "opus"'],
    [{ ...start, format: { encoding: "pcm_s16le", sample_rate: 48_000, channels: 1, frame_ms: 20 } }, "/format/sample_rate", "must be 8000 or 16000; got 48000"],
    [{ ...start, limits: { queue_ms: -1, message_bytes: 1 } }, "/limits/queue_ms", "must be milliseconds from 0; got -1"],
    [{ ...start, resume: { token: "t", resumed: false, replayed_ms: 0 } }, "/resume/missed_ms", "is missing; must be milliseconds from 0"],
    [{ type: "mark", seq: 1 }, "/name", "is missing; must be text of 1 to 128 characters"],
    [{ type: "played", seq: 1, utterance: 1, heard_ms: "20", complete: true, skipped_ms: 0, underrun_ms: 0, dropped_ms: 0 }, "/heard_ms", 'must be milliseconds from 0; got "20"'],
    [{ type: "cleared", seq: 1, utterances: [{ utterance: 0, heard_ms: 0 }], marks: [] }, "/utterances/0/utterance", "must be a whole number from 1 to 4294967295; got 0"],
    [{ type: "cleared", seq: 1, utterances: [], marks: "a" }, "/marks", "must be a list of names; got text"],
    [{ type: "underrun", seq: 1, utterance: 1, count: 0, missed_ms: 1 }, "/count", "must be a whole number from 1; got 0"],
    [{ type: "credit", seq: 1, queued_ms: 1 }, "/free_ms", "is missing; must be milliseconds from 0"],
    [{ type: "overflow", seq: 1 }, "/utterance", "is missing; must be a whole number from 1 to 4294967295"],
    [{ type: "warning", seq: 1, issues: [{ path: "" }] }, "/issues/0/message", "is missing; must be text"],
    [{ type: "stop", seq: 1, reason: "bored", totals: undefined }, "/reason", 'must be "call_ended", "stopped" or "protocol_error"; got "bored"'],
  ])("%# is refused", (written, path, message) => {
    const result = parseExactServerMessage(written);
    expect(result.ok ? [] : result.issues).toContainEqual({ path, message });
  });

  it("has types that tell one from the other", () => {
    type Of<T extends ExactServerMessage["type"]> = Extract<ExactServerMessage, { readonly type: T }>;
    expectTypeOf<Of<"start">["extra_params"]>().toEqualTypeOf<string | null>();
    expectTypeOf<Of<"start">["format"]["sample_rate"]>().toEqualTypeOf<8000 | 16000>();
    expectTypeOf<Of<"cleared">["utterances"][number]>().toEqualTypeOf<{ utterance: number; heard_ms: number }>();
    expectTypeOf<Of<"stop">["reason"]>().toEqualTypeOf<"call_ended" | "stopped" | "protocol_error">();
  });

  it("garbage never throws", () => {
    const wild = fc.oneof(
      fc.string(), fc.json(), fc.anything({ withBigInt: true, withDate: true, withMap: true, withNullPrototype: true }),
      fc.tuple(fc.constantFrom(...serverSamples), fc.constantFrom("seq", "format", "utterances", "issues", "totals", "parameters", "resume"), fc.anything())
        .map(([message, field, value]): object => Object.assign(structuredClone(message), { [field]: value })),
    );
    fc.assert(
      fc.property(wild, (frame) => {
        const result = parseExactServerMessage(frame);
        if (result.ok) return;
        expect(result.issues.length).toBeGreaterThan(0);
        for (const { path } of result.issues) expect(path).toMatch(/^(?:\/(?:[^~/]|~[01])*)*$/);
      }),
      { seed: 20_267, numRuns: 1000 },
    );
  });
});

it("has a name, and limits", () => {
  expect(streamProtocol).toBe("piopiy.v1");
  expect(streamLimits).toMatchObject({ queueMs: 60_000, messageBytes: 2_097_152 });
});
