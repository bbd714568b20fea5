import { describe, expect, it } from "vitest";
import { check, ErrorResponseSchema, MakeCallResponseSchema, parseCallAction, parseMakeCall } from "./index.ts";

const hangup = [{ action: "hangup" }];
const body = { appid: 1234567, secret: "s", from: 918000000000, to: 919400000001, pcmo: hangup };
const normalised = {
  appid: "1234567", secret: "s", from: "918000000000", to: { type: "pstn", number: "919400000001" }, pcmo: hangup,
  extraParams: {}, duration: 5400, timeout: 40, loop: 1, ring_type: "single", record: false,
};

describe("a request for a call", () => {
  it.each([
    ["defaults", {}, {}],
    ["text for numbers", { appid: "1234567", from: "+91 8000 000000", to: "+91 (9400) 000-001" }, {}],
    ["null is absent", { duration: null, extra_params: null }, {}],
    ["a SIP address", { to: "sip:bob@example.com" }, { to: { type: "sip", uri: "sip:bob@example.com" } }],
    ["a SIP destination", { to: { type: "sip", uri: "sip:bob@[::1]" } }, { to: { type: "sip", uri: "sip:bob@[::1]" } }],
    ["a phone here", { to: { type: "sip", user: "bob" } }, { to: { type: "sip", user: "bob" } }],
    ["a number as destination", { to: { type: "pstn", number: 123 } }, { to: { type: "pstn", number: "123" } }],
    [
      "options",
      { duration: "30", timeout: 20, loop: 2, record: true, ring_type: "group", extra_params: { a: null, b: [1] } },
      { duration: 30, timeout: 20, loop: 2, record: true, ring_type: "group", extraParams: { a: null, b: [1] } },
    ],
    ["who answers is asked", { amd: "true" }, { amd: true }],
    ["extra_params as JSON text", { extra_params: '{"order":"1"}' }, { extraParams: { order: "1" } }],
  ])("%s", (_, given, expected) => {
    const result = parseMakeCall({ ...body, ...given });
    expect(result).toEqual({ ok: true, value: { ...normalised, ...expected }, warnings: [] });
  });

  const to = 'must be a phone number of 3 to 15 digits, a SIP address, or {"type":"sip","uri":"sip:…"}; got';
  const extra = "must be an object (or its JSON text) of at most 8192 characters as JSON; got";
  const cyclic: Record<string, unknown> = {};
  cyclic["self"] = cyclic;
  it.each([
    [{ appid: undefined }, "/appid", "is missing; must be the id of an app: a number, or 1 to 64 letters, digits, _ or -"],
    [{ appid: "a b" }, "/appid", "must be the id of an app: a number, or 1 to 64 letters, digits, _ or -; got text"],
    [{ secret: 7 }, "/secret", "must be text of 1 to 256 characters; got a number"],
    [{ secret: "" }, "/secret", "must be text of 1 to 256 characters; got empty text"],
    [{ from: "sip:a@b" }, "/from", "must be a phone number of 3 to 15 digits; got text"],
    [{ to: undefined }, "/to", `is missing; ${to.replace("; got", "")}`],
    [{ to: "12" }, "/to", `${to} text`],
    [{ to: 12 }, "/to", `${to} a number`],
    [{ to: true }, "/to", `${to} true or false`],
    [{ to: [919400000001] }, "/to", `${to} a list`],
    [{ pcmo: undefined }, "/pcmo", "is missing; must be a list of actions"],
    [{ pcmo: [] }, "/pcmo", "must have at least one action; got an empty list"],
    [{ pcmo: {} }, "/pcmo", "must be a list of actions; got an object"],
    [{ pcmo: Array.from({ length: 1001 }, () => 1) }, "/pcmo", "must have at most 1000 actions; got 1001"],
    [{ pcmo: [{ action: "speak" }] }, "/pcmo/0/text", "is missing; must be text of at most 10000 characters"],
    [{ extra_params: [1] }, "/extra_params", `${extra} a list`],
    [{ extra_params: "x" }, "/extra_params", `${extra} text`],
    [{ extra_params: 5 }, "/extra_params", `${extra} a number`],
    [{ extra_params: { a: "x".repeat(8192) } }, "/extra_params", `${extra} an object`],
    [{ extra_params: cyclic }, "/extra_params", `${extra} an object`],
    [{ amd: 1 }, "/amd", "must be true or false; got 1"],
    [{ timeout: 601 }, "/timeout", "must be a whole number from 1 to 600, as a number or digits; got 601"],
  ])("%# is refused", (given, path, message) => {
    expect(parseMakeCall({ ...body, ...given })).toEqual({ ok: false, issues: [{ path, message }] });
  });

  it.each([[undefined, "nothing"], [[], "an empty list"], ["x", "text"]])("%j is no body", (input, got) => {
    const issues = [{ path: "", message: `must be an object; got ${got}` }];
    expect(parseMakeCall(input)).toEqual({ ok: false, issues });
    expect(parseCallAction(input)).toEqual({ ok: false, issues });
  });

  it("warns of keys that nobody knows, at the top and in the flow", () => {
    expect(parseMakeCall({ ...body, time_out: 5, pcmo: [{ action: "hangup", x: 1 }] })).toMatchObject({
      ok: true,
      warnings: [
        { path: "/time_out", message: 'is not a field here and is ignored; did you mean "timeout"?' },
        { path: "/pcmo/0/x", message: "is not a field here and is ignored" },
      ],
    });
  });
});

describe("a call-control request", () => {
  const control = { appid: 1, secret: "s", cmiuuid: "00c6a018-a912", action: "hangup" };
  const read = { appid: "1", secret: "s", cmiuuid: "00c6a018-a912", action: "hangup" };
  it.each([
    [control, read],
    [{ ...control, cmiuuid: null, cmiuid: "x-1" }, { ...read, cmiuuid: "x-1" }],
    [{ ...control, cmiuid: "other" }, read],
    [{ ...control, action: "holdToggle" }, { ...read, action: "holdToggle" }],
    [{ ...control, action: "transfer", transfer_url: "https://e.com/x" }, { ...read, action: "transfer", to: { url: "https://e.com/x" } }],
  ])("%j", (input, value) => expect(parseCallAction(input)).toEqual({ ok: true, value, warnings: [] }));

  it.each([
    [{ cmiuuid: undefined }, "/cmiuuid", "is missing; must be the id of a call"],
    [{ cmiuuid: "a b" }, "/cmiuuid", 'must be the id of a call: 1 to 64 letters, digits or -; got text'],
    [{ action: "end" }, "/action", 'must be "hangup", "hold", "unhold", "holdToggle" or "transfer"; got "end"'],
    [{ action: "transfer" }, "/transfer_url", "is missing; a transfer must have an http:// or https:// address here, or a flow in pcmo"],
  ])("%j is refused", (given, path, message) => {
    expect(parseCallAction({ ...control, ...given })).toEqual({ ok: false, issues: [{ path, message }] });
  });

  it("warns of keys that nobody knows", () => {
    expect(parseCallAction({ ...control, uuid: 1 })).toMatchObject({ ok: true, warnings: [{ path: "/uuid" }] });
  });
});

describe("the answers", () => {
  const id = "a1".repeat(21) + "b";
  const good = { data: { status: "progress", request_id: id }, status: "progress", request_id: id, code: 200, cmi_code: 200 };

  it("are what is documented", () => {
    expect(check(MakeCallResponseSchema, good)).toEqual({ ok: true, value: good });
    const bad = { code: 422, cmi_code: 422, message: "x", errors: [{ path: "/to", message: "y" }] };
    expect(check(ErrorResponseSchema, bad)).toEqual({ ok: true, value: bad });
  });

  it("have an id of 43 letters and digits", () => {
    expect(check(MakeCallResponseSchema, { ...good, request_id: "short" })).toMatchObject({ ok: false, issues: [{ path: "/request_id" }] });
  });
});
