import { describe, expect, expectTypeOf, it } from "vitest";
import {
  parseFlow, type Action, type BridgeAction, type Destination, type FileReference, type InputAction, type PlayAction,
  type RecordAction, type SpeakAction, type StreamAction,
} from "./index.ts";

const url = "https://example.com/hook";
const digits = { max_digit: 1, min_digit: 1, timeout: 5, finish_on_key: "#", on_no_input: "continue" };
const dialling = { duration: 5400, timeout: 40, loop: 1, ring_type: "single", record: false };
const bob = [{ type: "sip", user: "bob" }];

/** As it is written, and what is left of it. */
const accepted: readonly (readonly [string, object, object])[] = [
  ["play: file_url", { action: "play", file_url: url }, { action: "play", file: { type: "url", url } }],
  ["play: file_name", { action: "play", file_name: "a b.wav" }, { action: "play", file: { type: "name", name: "a b.wav" } }],
  ["play: file_name with an address", { action: "play", file_name: url }, { action: "play", file: { type: "url", url } }],
  ["play: file_url wins", { action: "play", file_name: "../x", file_url: url }, { action: "play", file: { type: "url", url } }],
  ["play: null is absent", { action: "play", file_url: null, file_name: "a.wav" }, { action: "play", file: { type: "name", name: "a.wav" } }],
  ["input: defaults", { action: "input", action_url: url }, { action: "input", action_url: url, ...digits }],
  ["input: digit strings", { action: "input", action_url: url, max_digit: "4", timeout: " 20 " }, { action: "input", action_url: url, ...digits, max_digit: 4, timeout: 20 }],
  ["input: plurals", { action: "input", action_url: url, max_digits: 6, min_digits: "2" }, { action: "input", action_url: url, ...digits, max_digit: 6, min_digit: 2 }],
  ["input: singular wins", { action: "input", action_url: url, max_digits: 6, max_digit: 5, min_digit: 3, min_digits: 9 }, { action: "input", action_url: url, ...digits, max_digit: 5, min_digit: 3 }],
  ["input: the rest", { action: "input", action_url: url, finish_on_key: "", on_no_input: "post" }, { action: "input", action_url: url, ...digits, finish_on_key: "", on_no_input: "post" }],
  ["input: bounds", { action: "input", action_url: url, max_digit: 128, min_digit: 128, timeout: 600 }, { action: "input", action_url: url, ...digits, max_digit: 128, min_digit: 128, timeout: 600 }],
  ["play_get_input: defaults", { action: "play_get_input", action_url: url, file_name: "m.wav" }, { action: "play_get_input", action_url: url, file: { type: "name", name: "m.wav" }, ...digits, max_retry: 1 }],
  ["play_get_input: as python writes it", { action: "play_get_input", action_url: url, file_name: url, file_url: url, max_digit: 3, max_retry: 0, timeout: 5 }, { action: "play_get_input", action_url: url, file: { type: "url", url }, ...digits, max_digit: 3, max_retry: 0 }],
  ["speak", { action: "speak", text: "Hello" }, { action: "speak", text: "Hello" }],
  ["speak: language and voice", { action: "speak", text: "Hello", language: "en-GB", voice: "slt" }, { action: "speak", text: "Hello", language: "en-GB", voice: "slt" }],
  ["param", { action: "param", text: "{ id=1 }" }, { action: "param", text: "{ id=1 }" }],
  ["record: defaults", { action: "record" }, { action: "record", channels: "mono", format: "wav", beep: false }],
  ["record: both", { action: "record", channels: "stereo", format: "mp3" }, { action: "record", channels: "stereo", format: "mp3", beep: false }],
  [
    "record: a message",
    { action: "record", beep: "true", max_length: "120", silence_timeout: 5, finish_on_key: "#" },
    { action: "record", channels: "mono", format: "wav", beep: true, max_length: 120, silence_timeout: 5, finish_on_key: "#" },
  ],
  ["hangup", { action: "hangup" }, { action: "hangup" }],
  ["hangup: cause", { action: "hangup", cause: "busy" }, { action: "hangup", cause: "busy" }],
  ["bridge: defaults", { action: "bridge", connect: [{ type: "pstn", number: 919800000001 }] }, { action: "bridge", connect: [{ type: "pstn", number: "919800000001" }], ...dialling }],
  [
    "bridge: every spelling of a destination",
    { action: "bridge", connect: [{ type: "pstn", number: "+1 (415) 555-01.00" }, { type: "sip", user: 1001 }, { type: "sip", uri: "sips:a@[::1]:5061;transport=tls" }, { type: "internal", user: "al" }, { type: "internet", number: "2002" }] },
    { action: "bridge", connect: [{ type: "pstn", number: "14155550100" }, { type: "sip", user: "1001" }, { type: "sip", uri: "sips:a@[::1]:5061;transport=tls" }, { type: "sip", user: "al" }, { type: "sip", user: "2002" }], ...dialling },
  ],
  [
    "bridge: everything",
    { action: "bridge", from: "+91 80000-00000", connect: bob, duration: "30", timeout: 20, loop: "10", ring_type: "group", record: "true" },
    { action: "bridge", from: "918000000000", connect: bob, duration: 30, timeout: 20, loop: 10, ring_type: "group", record: true },
  ],
  ["connect: connect", { action: "connect", connect: bob }, { action: "connect", connect: bob, ...dialling }],
  ["connect: call", { action: "connect", call: bob, call_type: "audio", record: true }, { action: "connect", connect: bob, ...dialling, record: true }],
  ["connect: connect wins", { action: "connect", connect: bob, call: [{ type: "pstn", number: 123 }] }, { action: "connect", connect: bob, ...dialling }],
  ["stream: defaults", { action: "stream", ws_url: "ws://h:1/x?y=1" }, { action: "stream", ws_url: "ws://h:1/x?y=1", listen_mode: "caller", voice_quality: 8000, stream_on_answer: false }],
  ["stream: 16000 as text", { action: "stream", ws_url: "WSS://h/", voice_quality: "16000", listen_mode: "both", stream_on_answer: true }, { action: "stream", ws_url: "WSS://h/", listen_mode: "both", voice_quality: 16_000, stream_on_answer: true }],
  ["stream: another quality", { action: "stream", ws_url: "wss://h", voice_quality: 12_000 }, { action: "stream", ws_url: "wss://h", listen_mode: "caller", voice_quality: 8000, stream_on_answer: false }],
];

describe("an action is normalised", () => {
  it.each(accepted)("%s", (_, input, normalised) => {
    expect(parseFlow([input])).toMatchObject({ ok: true, value: [normalised] });
    expect(parseFlow([input])).toHaveProperty("value.0", normalised);
  });
});

const whole = (from: number, to: number, got: string) => `must be a whole number from ${from} to ${to}, as a number or digits; got ${got}`;
const play = { action: "play_get_input", action_url: url, file_name: "a.wav" };
const bridge = (fields: object) => ({ action: "bridge", connect: bob, ...fields });
const to = (entry: unknown) => ({ action: "bridge", connect: [entry] });
const type = '"pstn" (with number) or "sip" (with user or uri)';
const phone = 'must be a phone number of 3 to 15 digits; a SIP address goes as {"type":"sip","uri":"sip:…"}; got';
const plain = "must be the plain name of a file in the media folder, of at most 255 characters and without / or \\";

/** As it is written, where the issue is, and its words. */
const refused: readonly (readonly [unknown, string, string])[] = [
  [{ action: "play" }, "/0/file_url", "is missing; must be an http:// or https:// address (or give file_name, a file in the media folder)"],
  [{ action: "play", file_url: "a.wav" }, "/0/file_url", "must be an http:// or https:// address; a file in the media folder goes into file_name"],
  [{ action: "play", file_name: "../a.wav" }, "/0/file_name", plain],
  [{ action: "play", file_name: "a\\b.wav" }, "/0/file_name", plain],
  [{ action: "play", file_name: ".." }, "/0/file_name", plain],
  [{ action: "play", file_name: "a\u0000.wav" }, "/0/file_name", plain],
  [{ action: "play", file_name: "a".repeat(256) }, "/0/file_name", plain],
  [{ action: "play", file_name: "http://" }, "/0/file_name", "must be the name of a file or an http:// or https:// address; this address is malformed"],
  [{ action: "input" }, "/0/action_url", "is missing; must be an http:// or https:// address"],
  [{ action: "input", action_url: "ftp://example.com" }, "/0/action_url", "must be an http:// or https:// address; got a malformed or unsuitable ftp: address"],
  [{ action: "input", action_url: `https://e.com/${"a".repeat(2048)}` }, "/0/action_url", "must be an http:// or https:// address; got more than 2048 characters"],
  [{ action: "input", action_url: 5 }, "/0/action_url", "must be an http:// or https:// address; got a number"],
  [{ ...play, max_digit: "abc" }, "/0/max_digit", whole(1, 128, '"abc"')],
  [{ ...play, max_digits: 129 }, "/0/max_digits", whole(1, 128, "129")],
  [{ ...play, max_digit: "129" }, "/0/max_digit", whole(1, 128, "129")],
  [{ ...play, max_digit: 0.5 }, "/0/max_digit", whole(1, 128, "0.5")],
  [{ ...play, max_digit: 919800000001 }, "/0/max_digit", whole(1, 128, "a number")],
  [{ ...play, max_digit: "9198000000" }, "/0/max_digit", whole(1, 128, "text")],
  [{ ...play, timeout: 0 }, "/0/timeout", whole(1, 600, "0")],
  [{ ...play, timeout: 601 }, "/0/timeout", whole(1, 600, "601")],
  [{ ...play, max_retry: 21 }, "/0/max_retry", whole(0, 20, "21")],
  [{ ...play, min_digit: 2 }, "/0/min_digit", "must be at most max_digit, which is 1 when it is not given; got 2"],
  [{ ...play, min_digits: 5, max_digits: 4 }, "/0/min_digits", "must be at most max_digit, which is 4; got 5"],
  [{ ...play, finish_on_key: "##" }, "/0/finish_on_key", 'must be one key ("0" to "9", "*" or "#"), or "" for none; got "##"'],
  [{ ...play, on_no_input: "stop" }, "/0/on_no_input", 'must be "continue" or "post"; got "stop"'],
  [{ action: "speak" }, "/0/text", "is missing; must be text of at most 10000 characters"],
  [{ action: "speak", text: 7 }, "/0/text", "must be text of at most 10000 characters; got a number"],
  [{ action: "speak", text: "x".repeat(10_001) }, "/0/text", "must be text of at most 10000 characters; got 10001 characters"],
  [{ action: "speak", text: "x", language: "english please" }, "/0/language", 'must be a language tag such as "en" or "en-GB"; got text'],
  [{ action: "param", text: "x".repeat(4097) }, "/0/text", "must be text of at most 4096 characters; got 4097 characters"],
  [{ action: "record", channels: "dual" }, "/0/channels", 'must be "mono" or "stereo"; got "dual"'],
  [{ action: "record", beep: "loud" }, "/0/beep", 'must be true or false; got "loud"'],
  [{ action: "record", max_length: 0 }, "/0/max_length", "must be a whole number from 1 to 86400, as a number or digits; got 0"],
  [{ action: "record", silence_timeout: 601 }, "/0/silence_timeout", "must be a whole number from 1 to 600, as a number or digits; got 601"],
  [{ action: "record", finish_on_key: "##" }, "/0/finish_on_key", 'must be one key ("0" to "9", "*" or "#"), or "" for none; got "##"'],
  [{ action: "record", format: "ogg" }, "/0/format", 'must be "wav" or "mp3"; got "ogg"'],
  [{ action: "hangup", cause: "a b" }, "/0/cause", 'must be 1 to 64 letters, digits, _ or -; got text'],
  [{ action: "bridge" }, "/0/connect", "is missing; must be a list of 1 to 50 destinations"],
  [{ action: "bridge", connect: [] }, "/0/connect", "must be a list of 1 to 50 destinations; got an empty list"],
  [{ action: "bridge", connect: "x" }, "/0/connect", "must be a list of 1 to 50 destinations; got text"],
  [bridge({ connect: Array.from({ length: 51 }, () => bob[0]) }), "/0/connect", "must be a list of 1 to 50 destinations; got 51"],
  [bridge({ from: "12" }), "/0/from", "must be a phone number of 3 to 15 digits; got text"],
  [bridge({ from: 1234567890123456 }), "/0/from", "must be a phone number of 3 to 15 digits; got a number"],
  [bridge({ duration: 86_401 }), "/0/duration", whole(1, 86_400, "86401")],
  [bridge({ loop: 11 }), "/0/loop", whole(1, 10, "11")],
  [bridge({ ring_type: "all" }), "/0/ring_type", 'must be "single" or "group"; got "all"'],
  [bridge({ record: "yes" }), "/0/record", 'must be true or false; got "yes"'],
  [to({ number: 123 }), "/0/connect/0/type", `is missing; must be ${type}`],
  [to({ type: "pst", number: 123 }), "/0/connect/0/type", `must be ${type}; got "pst"`],
  [to(123), "/0/connect/0", 'must be an object such as {"type":"pstn","number":…}; got a number'],
  [to({ type: "pstn" }), "/0/connect/0/number", `is missing; ${phone.replace("; got", "")}`],
  [to({ type: "pstn", number: "sip:a@b" }), "/0/connect/0/number", `${phone} text`],
  [to({ type: "sip" }), "/0/connect/0", "must have user (the name of a registered phone) or uri (a SIP address); got neither"],
  [to({ type: "sip", user: "a", uri: "sip:a@b" }), "/0/connect/0", "must have either user (the name of a registered phone) or uri (a SIP address); got both"],
  [to({ type: "sip", uri: "sip:a@b?Subject=x" }), "/0/connect/0/uri", 'must be a SIP address such as "sip:alice@example.com"; got text'],
  [to({ type: "sip", uri: "tel:123" }), "/0/connect/0/uri", 'must be a SIP address such as "sip:alice@example.com"; got text'],
  [to({ type: "sip", user: "a b" }), "/0/connect/0/user", "must be the user name of a phone: 1 to 64 letters, digits or -_.!~*'()+; got text"],
  [{ action: "connect" }, "/0/connect", "is missing; must be a list of 1 to 50 destinations"],
  [{ action: "connect", call: bob, call_type: "video" }, "/0/call_type", 'must be "audio"; got "video"'],
  [{ action: "stream" }, "/0/ws_url", "is missing; must be a ws:// or wss:// address"],
  [{ action: "stream", ws_url: "https://h" }, "/0/ws_url", "must be a ws:// or wss:// address; got a malformed or unsuitable https: address"],
  [{ action: "stream", ws_url: "ws://h", listen_mode: "calle" }, "/0/listen_mode", 'must be "caller", "callee" or "both"; got "calle"'],
  [{ action: "stream", ws_url: "ws://h", voice_quality: {} }, "/0/voice_quality", "must be 8000 or 16000; got an object"],
];

describe("an action is refused", () => {
  it.each(refused.map(([input, path, message]) => [path, message, input] as const))("%s %s", (path, message, input) => {
    expect(parseFlow([input])).toEqual({ ok: false, issues: [{ path, message }] });
  });
});

it("the types inferred from the schemas are the normalised form", () => {
  expectTypeOf<PlayAction>().toEqualTypeOf<{ readonly action: "play"; readonly file: FileReference }>();
  expectTypeOf<SpeakAction>().toEqualTypeOf<{ readonly action: "speak"; readonly text: string; readonly language?: string; readonly voice?: string }>();
  expectTypeOf<RecordAction>().toEqualTypeOf<{
    readonly action: "record"; readonly channels: "mono" | "stereo"; readonly format: "wav" | "mp3"; readonly beep: boolean;
    readonly max_length?: number; readonly silence_timeout?: number; readonly finish_on_key?: string;
  }>();
  expectTypeOf<InputAction>().toEqualTypeOf<{
    readonly action: "input"; readonly action_url: string; readonly max_digit: number; readonly min_digit: number;
    readonly timeout: number; readonly finish_on_key: string; readonly on_no_input: "continue" | "post";
  }>();
  expectTypeOf<BridgeAction["from"]>().toEqualTypeOf<string | undefined>();
  expectTypeOf<BridgeAction["connect"]>().toExtend<readonly Destination[]>();
  expectTypeOf<StreamAction["voice_quality"]>().toEqualTypeOf<8000 | 16_000>();
  expectTypeOf<Action["action"]>().toEqualTypeOf<
    "play" | "play_get_input" | "input" | "speak" | "param" | "record" | "hangup" | "bridge" | "connect" | "stream"
  >();
});
