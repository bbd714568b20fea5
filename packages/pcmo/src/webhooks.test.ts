import { describe, expect, it } from "vitest";
import { AnswerRequestSchema, CdrSchema, check, DtmfCallbackSchema, LiveEventSchema } from "./index.ts";

const cmiuuid = "00c6a018-a912-4f1a-a0a0-e522c1851f07";
const parties = { from: 919800000001, to: "918000000000" };
const cdr = {
  type: "cdr", appid: 1234567, ...parties, direction: "outbound", leg: "a", status: "answered", duration: 12,
  time: 1_700_000_000_000, cmiuuid, conversation_uuid: "r1",
};
const event = { appid: 1234567, ...parties, direction: "inbound", leg: "b", status: "out_bridged", time: 1, cmiuuid };
const answer = { action: "inbound", ...parties, time: 1, cmiuuid };
const dtmf = { ...parties, dtmf: "12#", cmiuuid, cmuuid: cmiuuid };

describe("webhook bodies", () => {
  it.each([
    ["answer request", AnswerRequestSchema, answer, answer],
    ["answer request, older", AnswerRequestSchema, { ...parties, time: 1, cmiuuid }, { ...parties, time: 1, cmiuuid }],
    ["digits, both ids", DtmfCallbackSchema, dtmf, dtmf],
    ["digits, the sample's id", DtmfCallbackSchema, { ...parties, dtmf: "", cmuuid: "x", extra_params: "{}" }, { ...parties, dtmf: "", cmuuid: "x", cmiuuid: "x", extra_params: "{}" }],
    ["cdr", CdrSchema, { ...cdr, request_id: "r1", balance: "12.5", other: 1 }, { ...cdr, request_id: "r1", balance: "12.5" }],
    ["cdr, any case", CdrSchema, { ...cdr, status: "Missed", leg: "B" }, { ...cdr, status: "missed", leg: "b" }],
    ["live event", LiveEventSchema, { ...event, type: "event" }, { ...event, type: "event" }],
    ["stream event, upper case", LiveEventSchema, { ...event, status: "STREAM_DISCONNECTED", ws_status: "{}" }, { ...event, status: "stream_disconnected", ws_status: "{}" }],
  ])("%s", (_, schema, body, value) => expect(check(schema, body)).toEqual({ ok: true, value }));

  it.each([
    ["answer request", AnswerRequestSchema, { ...answer, from: null }, "/from", "must be a phone number or the user name of a phone; got null"],
    ["digits as a number", DtmfCallbackSchema, { ...dtmf, dtmf: 12 }, "/dtmf", "must be digits as text; got a number"],
    ["digits of no leg", DtmfCallbackSchema, { ...parties, dtmf: "1" }, "", "must have cmiuuid (or cmuuid), the id of a leg; got neither"],
    ["cdr", CdrSchema, { ...cdr, status: "busy" }, "/status", 'must be "answered" or "missed"; got "busy"'],
    ["cdr", CdrSchema, { ...cdr, duration: -1 }, "/duration", "must be seconds, 0 or more; got -1"],
    ["live event", LiveEventSchema, { ...event, leg: "c" }, "/leg", 'must be "a" or "b"; got "c"'],
    ["live event without a time", LiveEventSchema, { ...event, time: undefined }, "/time", "must be milliseconds since 1970; got nothing"],
    ["no object", LiveEventSchema, "x", "", "must be an object; got text"],
  ])("%s is refused", (_, schema, body, path, message) => {
    expect(check(schema, body)).toEqual({ ok: false, issues: [{ path, message }] });
  });
});
