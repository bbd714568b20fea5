import { describe, expect, expectTypeOf, it } from "vitest";
import type * as v from "valibot";
import { ActionSchema, parseCallAction, parseFlow, parseMakeCall, type Action, type ActionInput, type StreamAction } from "./index.ts";

const stream = { action: "stream", ws_url: "wss://bot.example.com/x" };
const plain = { ...stream, listen_mode: "caller", voice_quality: 8000, stream_on_answer: false };
const credentials = { appid: "123456", secret: "s" };

function nested(depth: number): object {
  return depth === 0 ? { action: "hangup" } : { ...stream, on_stream_fail: [nested(depth - 1)] };
}

describe("the further fields of a stream", () => {
  it.each([
    [{}, {}],
    [{ protocol: "compatible" }, { protocol: "compatible" }],
    [{ protocol: "v1" }, { protocol: "v1" }],
    [{ protocol: "auto" }, { protocol: "auto" }],
    [{ dialect: "twilio" }, { dialect: "twilio" }],
    [{ dialect: "twilio", protocol: null }, { dialect: "twilio" }],
    [{ parameters: { tenant: "a", "": undefined, note: "two\nlines" } }, { parameters: { tenant: "a", note: "two\nlines" } }],
    [{ parameters: { given: "x", not: null } }, { parameters: { given: "x" } }],
    [{ parameters: { ["k".repeat(64)]: "v".repeat(1024) } }, { parameters: { ["k".repeat(64)]: "v".repeat(1024) } }],
    [{ headers: { Authorization: "Bearer x.y", "X-Café": "é" } }, undefined],
    [{ headers: { Authorization: "Bearer x.y", "x-name": "café" } }, { headers: { Authorization: "Bearer x.y", "x-name": "café" } }],
    [{ sign_url: "true", hold_sound: false }, { sign_url: true, hold_sound: false }],
    [{ standby_url: "ws://h/2" }, { standby_url: "ws://h/2" }],
    [{ reconnect: "30" }, { reconnect: 30 }],
    [{ reconnect: 0 }, { reconnect: 0 }],
    [{ on_stream_fail: [] }, { on_stream_fail: [] }],
    [
      { on_stream_fail: [{ action: "speak", text: "Sorry" }, { action: "bridge", connect: [{ type: "pstn", number: 123 }] }] },
      {
        on_stream_fail: [
          { action: "speak", text: "Sorry" },
          { action: "bridge", connect: [{ type: "pstn", number: "123" }], duration: 5400, timeout: 40, loop: 1, ring_type: "single", record: false },
        ],
      },
    ],
  ])("%j", (given, becomes) => {
    const parsed = parseFlow([{ ...stream, ...given }]);
    if (becomes === undefined) return expect(parsed.ok).toBe(false);
    return expect(parsed).toEqual({ ok: true, value: [{ ...plain, ...becomes }], warnings: [] });
  });

  it.each([
    [{ protocol: "v2" }, "/protocol", 'must be "compatible", "v1" or "auto"; got "v2"'],
    [{ dialect: "other" }, "/dialect", 'must be "twilio"; got "other"'],
    [{ dialect: "twilio", protocol: "compatible" }, "/dialect", "must not stand together with protocol: leave one of them out"],
    [{ parameters: ["a"] }, "/parameters", "must be an object of at most 32 texts; got a list"],
    [{ parameters: "a" }, "/parameters", "must be an object of at most 32 texts; got text"],
    [{ parameters: { "a/b": 7 } }, "/parameters/a~1b", "must be text of at most 1024 characters; got a number"],
    [{ parameters: { a: "x".repeat(1025) } }, "/parameters/a", "must be text of at most 1024 characters; got 1025 characters"],
    [{ parameters: { ["k".repeat(65)]: "x" } }, `/parameters/${"k".repeat(65)}`, "must have a name of 1 to 64 characters"],
    [{ parameters: { "": "x" } }, "/parameters/", "must have a name of 1 to 64 characters"],
    [{ parameters: Object.fromEntries(Array.from({ length: 33 }, (_, i) => [`k${i}`, "x"])) }, "/parameters", "must be an object of at most 32 texts; got 33"],
    [{ headers: { "X Y": "a" } }, "/headers/X Y", "must have the name of a header: 1 to 128 letters, digits or !#$%&'*+-.^_`|~"],
    [{ headers: { "X-A": "a\r\nHost: b" } }, "/headers/X-A", "must be text of at most 4096 characters of Latin-1, without control characters"],
    [{ headers: { "X-A": "日" } }, "/headers/X-A", "must be text of at most 4096 characters of Latin-1, without control characters"],
    [{ headers: { "X-A": true } }, "/headers/X-A", "must be text of at most 4096 characters of Latin-1, without control characters; got true or false"],
    [{ headers: { "X-A": "1", "x-a": "2" } }, "/headers/x-a", "must stand here only once: the case of a header's name does not count"],
    [{ sign_url: "yes" }, "/sign_url", 'must be true or false; got "yes"'],
    [{ standby_url: "https://h" }, "/standby_url", "must be a ws:// or wss:// address; got a malformed or unsuitable https: address"],
    [{ reconnect: 301 }, "/reconnect", "must be a whole number from 0 to 300, as a number or digits; got 301"],
    [{ reconnect: -1 }, "/reconnect", "must be a whole number from 0 to 300, as a number or digits; got -1"],
    [{ hold_sound: 1 }, "/hold_sound", "must be true or false; got 1"],
    [{ on_stream_fail: { action: "hangup" } }, "/on_stream_fail", "must be a list of actions; got an object"],
    [{ on_stream_fail: [{ action: "hangup" }, { action: "speak" }] }, "/on_stream_fail/1/text", "is missing; must be text of at most 10000 characters"],
    [{ on_stream_fail: [{ action: "spek" }] }, "/on_stream_fail/0/action", expect.stringContaining('did you mean "speak"?')],
    [{ on_stream_fail: [{ ...stream, on_stream_fail: [{ action: "play", file_name: "../x" }] }] }, "/on_stream_fail/0/on_stream_fail/0/file_name", expect.any(String)],
    [{ on_stream_fail: Array.from({ length: 1001 }, () => ({ action: "hangup" })) }, "/on_stream_fail", "must have at most 1000 actions; got 1001"],
  ])("%# is refused", (given, path, message) => {
    expect(parseFlow([{ ...stream, ...given }])).toEqual({ ok: false, issues: [{ path: `/0${path}`, message }] });
  });

  it.each(["Host", "connection", "UPGRADE", "Sec-WebSocket-Key", "sec-websocket-protocol", "Content-Length", "Transfer-Encoding", "Piopiy-Signature", "piopiy-resume"])(
    "the header %s is ours",
    (name) => {
      const message = "must not be set: it belongs to the connection itself";
      expect(parseFlow([{ ...stream, headers: { [name]: "x" } }])).toEqual({ ok: false, issues: [{ path: `/0/headers/${name}`, message }] });
    },
  );

  it("never repeat a value in an issue", () => {
    const secret = "hush-919800000001\n";
    const refused = parseFlow([{ ...stream, headers: { A: secret, B: [secret] }, parameters: { a: secret.repeat(100), b: [secret] }, standby_url: secret }]);
    expect(refused.ok ? [] : refused.issues).toHaveLength(5);
    expect(JSON.stringify(refused)).not.toContain("hush");
  });
});

describe("flows in flows", () => {
  it("go three deep, and no deeper, whatever is sent", () => {
    expect(parseFlow([nested(3)])).toMatchObject({ ok: true, warnings: [] });
    const message = "must not be nested more than 3 deep";
    expect(parseFlow([nested(4)])).toEqual({ ok: false, issues: [{ path: "/0/on_stream_fail", message }] });
    expect(parseFlow([nested(5000)])).toEqual({ ok: false, issues: [{ path: "/0/on_stream_fail", message }] });
  });

  it("may have null for what is not given, at every depth", () => {
    const bridge = { action: "bridge", connect: [{ type: "sip", user: "a", uri: null }], from: null };
    const deep = { ...stream, on_stream_fail: [{ ...stream, on_stream_fail: [{ ...stream, on_stream_fail: [bridge], protocol: null }] }] };
    expect(parseFlow([deep])).toMatchObject({ ok: true, warnings: [] });
    expect(parseMakeCall({ ...credentials, from: 1234, to: 1234, pcmo: [deep] })).toMatchObject({ ok: true, warnings: [] });
    expect(parseCallAction({ ...credentials, cmiuuid: "a", action: "transfer", pcmo: [deep] })).toMatchObject({ ok: true, warnings: [] });
  });

  it("tell what is ignored in them", () => {
    const flow = [{ ...stream, on_stream_fail: [{ action: "hangup" }, { action: "speak", text: "", txet: 1 }] }];
    expect(parseFlow(flow)).toMatchObject({
      ok: true, warnings: [{ path: "/0/on_stream_fail/1/txet" }, { path: "/0/on_stream_fail/1/text" }],
    });
  });
});

it("types say what the schemas say", () => {
  expectTypeOf<v.InferOutput<typeof ActionSchema>>().toExtend<Action>();
  expectTypeOf<Action>().toExtend<v.InferOutput<typeof ActionSchema>>();
  expectTypeOf<v.InferInput<typeof ActionSchema>>().toExtend<ActionInput>();
  expectTypeOf<ActionInput>().toExtend<v.InferInput<typeof ActionSchema>>();
  expectTypeOf<NonNullable<StreamAction["on_stream_fail"]>[number]>().toEqualTypeOf<Action>();
  expectTypeOf<StreamAction["reconnect"]>().toEqualTypeOf<number | undefined>();
  expectTypeOf<NonNullable<StreamAction["headers"]>>().toEqualTypeOf<Readonly<Record<string, string>>>();
});
