import { describe, expect, it } from "vitest";
import { parseCallAction, parseDtmfRequest, parseFlowRequest, parseMuteRequest } from "./index.ts";

const hangup = { action: "hangup" } as const;
const url = "https://example.com/next";
const paths = (parsed: ReturnType<typeof parseFlowRequest | typeof parseDtmfRequest | typeof parseMuteRequest>) =>
  parsed.ok ? [] : parsed.issues.map(({ path }) => path);

describe("a transfer", () => {
  const control = { appid: 1, secret: "s", cmiuuid: "c-1", action: "transfer" };
  it.each<[string, object, object]>([
    ["to an address", { transfer_url: url }, { url }],
    ["to a flow", { pcmo: [hangup] }, { flow: [hangup] }],
    ["to a flow rather than an address", { transfer_url: url, pcmo: [hangup] }, { flow: [hangup] }],
  ])("%s", (_, given, to) => {
    expect(parseCallAction({ ...control, ...given })).toEqual({ ok: true, value: { appid: "1", secret: "s", cmiuuid: "c-1", action: "transfer", to }, warnings: [] });
  });

  it.each<[string, object, string]>([
    ["without either", {}, "/transfer_url"],
    ["to an empty flow", { pcmo: [] }, "/pcmo"],
    ["to a wrong flow", { pcmo: [{ action: "speak" }] }, "/pcmo/0/text"],
    ["to a flow that is too long", { pcmo: Array.from({ length: 1001 }, () => hangup) }, "/pcmo"],
  ])("%s is wrong", (_, given, path) => {
    expect(parseCallAction({ ...control, ...given })).toMatchObject({ ok: false, issues: [{ path }] });
  });

  it("warns of what is ignored in its flow", () => {
    expect(parseCallAction({ ...control, pcmo: [{ ...hangup, colour: 1 }] })).toMatchObject({ ok: true, warnings: [{ path: "/pcmo/0/colour" }] });
  });
});

describe("another flow for a call", () => {
  it.each<[string, unknown, object]>([
    ["a list", [hangup], { to: { flow: [hangup] } }],
    ["a flow for a leg", { pcmo: [hangup], leg: "b" }, { leg: "b", to: { flow: [hangup] } }],
    ["an address", { url }, { to: { url } }],
  ])("%s", (_, body, value) => expect(parseFlowRequest(body)).toEqual({ ok: true, value, warnings: [] }));

  it.each<[string, unknown, string[]]>([
    ["nothing", {}, ["/pcmo"]],
    ["a text", "hangup", [""]],
    ["an empty list", [], [""]],
    ["a list with a mistake", [{ action: "speak" }], ["/0/text"]],
    ["a wrong leg", { pcmo: [hangup], leg: "the first" }, ["/leg"]],
    ["an address of another kind", { url: "ftp://example.com" }, ["/url"]],
  ])("%s is wrong", (_, body, expected) => expect(paths(parseFlowRequest(body))).toEqual(expected));
});

describe("digits for a leg", () => {
  it.each(["1", "0123456789*#ABCDabcd,"])("%s", (digits) => expect(parseDtmfRequest({ digits })).toEqual({ ok: true, value: { digits }, warnings: [] }));

  it.each<[unknown, string[]]>([
    [{}, ["/digits"]], [{ digits: "" }, ["/digits"]], [{ digits: 5 }, ["/digits"]], [{ digits: "12e" }, ["/digits"]],
    [{ digits: "1".repeat(65) }, ["/digits"]], [[], [""]],
  ])("%j are wrong", (body, expected) => {
    const parsed = parseDtmfRequest(body);
    expect(paths(parsed)).toEqual(expected);
    expect(JSON.stringify(parsed)).not.toContain("12e");
  });
});

describe("mute", () => {
  it.each<[unknown, object]>([
    [{}, { on: true }], [{ on: false, leg: "a" }, { on: false, leg: "a" }], [{ on: "true" }, { on: true }], [{ on: null }, { on: true }],
  ])("%j", (body, value) => expect(parseMuteRequest(body)).toEqual({ ok: true, value, warnings: [] }));

  it.each<[unknown, string[]]>([[{ on: 1 }, ["/on"]], [null, [""]]])("%j is wrong", (body, expected) => expect(paths(parseMuteRequest(body))).toEqual(expected));
});
