import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseFlow, type Action } from "./index.ts";

const known = "play, play_get_input, input, speak, param, record, hangup, bridge, connect, stream";

describe("a flow", () => {
  it("with very many or very long unknown fields is warned about with no more than can be read", () => {
    const many = Object.fromEntries(Array.from({ length: 5000 }, (_, index) => [`field ${index}`, index]));
    for (const flow of [[{ action: "hangup", ...many }], Array.from({ length: 1000 }, () => ({ action: "hangup", ["x".repeat(5000)]: 1 }))]) {
      const parsed = parseFlow(flow);
      expect(parsed.ok && parsed.warnings.length).toBe(100);
      expect(JSON.stringify(parsed).length).toBeLessThan(60_000);
    }
  });

  it("may be empty, and may have 1000 actions", () => {
    expect(parseFlow([])).toEqual({ ok: true, value: [], warnings: [] });
    expect(parseFlow(Array.from({ length: 1000 }, () => ({ action: "hangup" })))).toMatchObject({ ok: true });
  });

  it.each([
    [null, "", "must be a list of actions; got null"],
    [{}, "", "must be a list of actions; got an object"],
    ['[{"action":"hangup"}]', "", "must be a list of actions; got text"],
    [Array.from({ length: 1001 }, () => ({ action: "hangup" })), "", "must have at most 1000 actions; got 1001"],
    [["hangup"], "/0", 'must be an object such as {"action":"hangup"}; got text'],
    [[{}], "/0/action", `is missing; must be one of ${known}`],
    [[{ action: "hangup" }, { action: "spek" }], "/1/action", `must be one of ${known}; got "spek" (did you mean "speak"?)`],
    [[{ action: "+91 98000 00001" }], "/0/action", `must be one of ${known}; got text`],
    [[{ action: "__proto__" }], "/0/action", `must be one of ${known}; got "__proto__"`],
  ])("%# is refused", (input, path, message) => {
    expect(parseFlow(input)).toEqual({ ok: false, issues: [{ path, message }] });
  });

  it("reports every issue, at most a hundred", () => {
    const two = parseFlow([{ action: "speak" }, { action: "record" }, { action: "input", timeout: 0 }]);
    expect(two.ok ? [] : two.issues.map(({ path }) => path)).toEqual(["/0/text", "/2/action_url", "/2/timeout"]);
    const many = parseFlow(Array.from({ length: 500 }, () => ({ action: "speak" })));
    expect(many.ok ? [] : many.issues).toHaveLength(100);
  });

  it("never repeats a number, a text or a digit in an issue", () => {
    const secrets = ["919800000001", "my secret words", "+91 98000 00001"];
    const inputs = secrets.flatMap((value) => [
      { action: "speak", text: [value] }, { action: "param", text: { value } }, { action: "bridge", connect: [value] },
      { action: "bridge", connect: [{ type: "pstn", number: `${value}x` }], from: `x${value}` }, { action: "stream", ws_url: value },
      { action: "input", action_url: value, max_digit: value }, { action: "play", file_name: `/${value}` },
    ]);
    const result = parseFlow(inputs);
    expect(result.ok).toBe(false);
    for (const value of secrets) expect(JSON.stringify(result)).not.toContain(value);
  });
});

describe("warnings", () => {
  it.each([
    [{ action: "speak", text: "a", txet: 1 }, "/0/txet", 'is not a field here and is ignored; did you mean "text"?'],
    [{ action: "hangup", "a/b~c": 1 }, "/0/a~1b~0c", "is not a field here and is ignored"],
    [{ action: "bridge", connect: [{ type: "pstn", number: 123, user: "x" }] }, "/0/connect/0/user", "is not a field here and is ignored"],
    [{ action: "stream", ws_url: "ws://h", voice_quality: 12_000 }, "/0/voice_quality", "should be 8000 or 16000; got 12000, and 8000 is used"],
    [{ action: "speak", text: "" }, "/0/text", "is empty: nothing will be said"],
    [{ action: "connect", connect: [{ type: "sip", user: "a" }], call: [{ type: "sip", user: "b" }] }, "/0/call", "is ignored, because connect is given"],
  ])("%j", (action, path, message) => {
    expect(parseFlow([action])).toMatchObject({ ok: true, warnings: [{ path, message }] });
  });

  it("are none for what is documented", () => {
    const flow = [
      { action: "play_get_input", action_url: "https://e.com", file_name: "a", file_url: "https://e.com", max_digits: 1, min_digit: 1 },
      { action: "stream", ws_url: "ws://h", voice_quality: "16000" },
      { action: "connect", call: [{ type: "sip", user: "a" }], call_type: "audio" },
    ];
    expect(parseFlow(flow)).toMatchObject({ ok: true, warnings: [] });
  });
});

/** A normalised action as it would be written: only a file has another form on the wire. */
function asWire(action: Action): unknown {
  if (action.action === "stream" && action.on_stream_fail) return { ...action, on_stream_fail: action.on_stream_fail.map(asWire) };
  if (!("file" in action)) return action;
  const { file, ...rest } = action;
  return file.type === "url" ? { ...rest, file_url: file.url } : { ...rest, file_name: file.name };
}

const number = fc.oneof(fc.integer({ min: 100, max: 999_999_999_999_999 }), fc.stringMatching(/^\+?[0-9]{1,3}[ -]?[0-9]{2,10}$/));
const bound = (min: number, max: number) => fc.oneof(fc.integer({ min, max }), fc.integer({ min, max }).map(String));
const destination = fc.oneof(
  fc.record({ type: fc.constant("pstn"), number }),
  fc.record({ type: fc.constantFrom("sip", "internal"), user: fc.stringMatching(/^[a-z0-9._-]{1,20}$/) }),
  fc.record({ type: fc.constant("sip"), uri: fc.constantFrom("sip:a@b", "sips:h.example:5061", "sip:+12@[::1];x=y") }),
);
/** Some of these keys may be absent. */
const sometimes = (model: Record<string, fc.Arbitrary<unknown>>) => fc.record(model, { requiredKeys: [] });
const all = (...parts: readonly fc.Arbitrary<object>[]) => fc.tuple(...parts).map((found): object => Object.assign({}, ...found));
const named = (...names: readonly string[]) => fc.record({ action: fc.constantFrom(...names) });

const dialling = all(
  fc.record({ connect: fc.array(destination, { minLength: 1, maxLength: 5 }) }),
  sometimes({
    from: number, duration: bound(1, 86_400), timeout: bound(1, 600), loop: bound(1, 10), record: fc.boolean(),
    ring_type: fc.constantFrom("single", "group"),
  }),
);
const collect = all(
  fc.record({ action_url: fc.webUrl(), max_digits: bound(3, 128) }),
  sometimes({ min_digit: bound(1, 3), timeout: bound(1, 600), finish_on_key: fc.constantFrom("", "#", "*", "5") }),
);
const file = all(fc.record({ file_name: fc.stringMatching(/^[a-z]{1,20}\.wav$/) }), sometimes({ file_url: fc.webUrl() }));
const texts = (key: RegExp, value: RegExp) => fc.dictionary(fc.stringMatching(key), fc.stringMatching(value), { maxKeys: 4 });
const stream = (onFail: fc.Arbitrary<unknown>) => all(
  named("stream"),
  fc.record({ ws_url: fc.constant("wss://h/x") }),
  sometimes({
    voice_quality: fc.oneof(fc.integer(), fc.string()), parameters: texts(/^.{1,64}$/, /^.{0,90}$/s), headers: texts(/^X-[a-z]{1,9}$/, /^[ -~]{0,99}$/),
    sign_url: fc.boolean(), standby_url: fc.constant("ws://h/2"), reconnect: bound(0, 300), hold_sound: fc.boolean(), on_stream_fail: onFail,
  }),
  fc.oneof(sometimes({ protocol: fc.constantFrom("compatible", "v1", "auto") }), sometimes({ dialect: fc.constant("twilio") })),
);
const plainAction = fc.oneof(
  all(named("play"), file),
  all(named("play_get_input"), file, collect, sometimes({ max_retry: bound(0, 20) })),
  all(named("input"), collect),
  all(named("speak", "param"), fc.record({ text: fc.string() })),
  all(named("record"), sometimes({ channels: fc.constantFrom("mono", "stereo"), format: fc.constantFrom("wav", "mp3") })),
  all(named("bridge", "connect"), dialling),
);
const flowOf = (...actions: readonly fc.Arbitrary<object>[]) => fc.array(fc.oneof(...actions), { maxLength: 3 });
const action = fc.oneof(plainAction, stream(flowOf(plainAction, stream(flowOf(plainAction, stream(flowOf(plainAction)))))));

describe("properties", () => {
  it("every well-formed flow is read, and reading it again changes nothing", () => {
    fc.assert(
      fc.property(fc.array(action, { maxLength: 8 }), (flow) => {
        const once = parseFlow(flow);
        if (!once.ok) throw new Error(JSON.stringify(once.issues));
        expect(parseFlow(once.value.map(asWire))).toMatchObject({ ok: true, value: once.value });
      }),
      { seed: 20_261, numRuns: 500 },
    );
  });

  it("garbage never throws, and what is refused has issues with pointers", () => {
    const wild = fc.oneof(
      fc.anything({ withBigInt: true, withDate: true, withMap: true, withNullPrototype: true, withSparseArray: true }),
      fc.array(fc.dictionary(fc.constantFrom("action", "text", "connect", "file_name", "timeout", "__proto__"), fc.anything({ withNullPrototype: true }))),
      fc.array(fc.record({ action: fc.constantFrom("play", "bridge", "stream", "input"), connect: fc.anything(), ws_url: fc.anything(), max_digit: fc.anything() })),
      fc.array(fc.record({
        action: fc.constant("stream"), ws_url: fc.constant("ws://h"), parameters: fc.anything(), headers: fc.anything({ withNullPrototype: true }),
        protocol: fc.anything(), reconnect: fc.anything(), on_stream_fail: fc.oneof(fc.anything(), fc.array(fc.record({ action: fc.constant("stream"), on_stream_fail: fc.anything() }))),
      })),
    );
    fc.assert(
      fc.property(wild, (input) => {
        const result = parseFlow(input);
        if (result.ok) return;
        expect(result.issues.length).toBeGreaterThan(0);
        for (const { path, message } of result.issues) {
          expect(path).toMatch(/^(?:\/(?:[^~/]|~[01])*)*$/);
          expect(message).toMatch(/^(?:must|is missing)/);
        }
      }),
      { seed: 20_262, numRuns: 1000 },
    );
  });
});
