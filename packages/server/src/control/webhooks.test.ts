import { CdrSchema, check, LiveEventSchema, RecordingEventSchema } from "@piopiy/pcmo";
import { describe, expect, it } from "vitest";
import { PiopiyError } from "../base/index.ts";
import type { SimReplies } from "../simulator/index.ts";
import { signatureHeaders } from "../outbox/index.ts";
import { answers, CDRS, EVENTS, FROM, OTHER, placing, setup, speak, TO } from "./control-world.test.support.ts";

const MINUTE = 60_000;

describe("webhooks", () => {
  it("tell each leg's life in order, and its record at its end, as the schemas say", async () => {
    const { control, clock, read, sent } = await setup({ destinations: answers });
    const flow = [{ action: "speak", text: "x".repeat(100) }, { action: "param", text: "order 7" }];
    const { requestId } = await control.placeCall(placing(flow, { extra_params: { order: 6 } }));
    await clock.advance(60_000);
    const { call, legs, events: rows, deliveries, timeline } = await read(requestId);
    const events = sent(EVENTS);
    expect(events.map((event) => [event["sequence"], event["status"], event["extra_params"]])).toEqual([
      [1, "out_started", '{"order":6}'], [2, "out_ringing", '{"order":6}'], [3, "out_answered", '{"order":6}'], [4, "out_hangup", "order 7"],
    ]);
    for (const event of events) expect(check(LiveEventSchema, event)).toMatchObject({ ok: true });
    expect(sent(CDRS)).toEqual([
      {
        type: "cdr", event_id: expect.any(String), sequence: 5, appid: 1000, from: Number(FROM), to: Number(TO), direction: "outbound",
        leg: "a", status: "answered", duration: 7, time: call!.started_ms, start_time: Math.floor(call!.started_ms! / 1000),
        answer_time: Math.floor(call!.answered_ms! / 1000), end_time: Math.floor(call!.ended_ms! / 1000), cmiuuid: legs[0]!.id,
        conversation_uuid: requestId, request_id: requestId, callerid: Number(FROM), vn: Number(FROM), extra_params: "order 7",
        hangup_reason: "completed",
      },
    ]);
    expect(check(CdrSchema, sent(CDRS)[0])).toMatchObject({ ok: true });
    expect(call!.extra_params).toBe("order 7");
    expect(rows.map(({ kind, name, state }) => [kind, name, state])).toEqual([
      ["event", "started", "delivered"], ["event", "ringing", "delivered"], ["event", "answered", "delivered"],
      ["event", "hangup", "delivered"], ["cdr", "cdr", "delivered"],
    ]);
    expect(deliveries.map(({ http, duration_ms }) => [http, duration_ms])).toEqual(Array.from({ length: 5 }, () => [200, 50]));
    expect(control.statistics().webhooks).toEqual({ delivered: 5, failed: 0, given_up: 0 });
    expect(JSON.stringify(timeline)).not.toContain("hooks.example");
    expect(clock.timers).toBe(0);
  });

  it("say missed for a leg that nobody answered", async () => {
    const { control, clock, sent } = await setup({ destinations: { [TO]: [{ does: "busy" }] } });
    await control.placeCall(placing(speak));
    await clock.advance(10_000);
    expect(sent(CDRS)).toMatchObject([{ status: "missed", duration: 0, hangup_reason: "busy" }]);
    expect(sent(CDRS)[0]).not.toHaveProperty("answer_time");
  });

  it("tell the end of a recording, with where it is to be fetched, before the end of its leg", async () => {
    const { control, clock, recorded, sent } = await setup({ destinations: answers });
    await control.placeCall(placing(speak, { record: true }));
    await clock.advance(60_000);
    const told = sent(EVENTS).map((event) => event["type"] === "event" ? event["status"] : event["type"]);
    expect(told).toEqual(["out_started", "out_ringing", "out_answered", "recording.completed", "out_hangup"]);
    const event = sent(EVENTS)[3];
    expect(event).toMatchObject({ recording_id: recorded[0]!.id, url: `/recordings/${recorded[0]!.id}`, duration_ms: 715, channels: "stereo", leg: "a" });
    expect(check(RecordingEventSchema, event)).toMatchObject({ ok: true });
  });

  it("tell that a recording failed, once", async () => {
    const recordings = { start: () => Promise.resolve({ id: "r1", stop: () => Promise.reject(new PiopiyError("media_failed")) }) };
    const { control, clock, sent, read } = await setup({ destinations: answers, recordings });
    const { requestId } = await control.placeCall(placing([{ action: "record" }, ...speak], { duration: 20 }));
    await clock.advance(60_000);
    expect(sent(EVENTS).filter((event) => event["type"] === "recording.failed")).toMatchObject([{ recording_id: "r1" }]);
    expect((await read(requestId)).recordings).toMatchObject([{ id: "r1", status: "failed" }]);
  });

  it("are signed with every secret of the app, and so are callbacks", async () => {
    const headers: Readonly<Record<string, string>>[] = [];
    const raws: string[] = [];
    const callbacks = {
      post: (_: string, body: unknown, __: AbortSignal, { headersOf }: { headersOf?: (raw: string) => Readonly<Record<string, string>> } = {}) => {
        raws.push(JSON.stringify(body));
        headers.push(headersOf?.(JSON.stringify(body)) ?? {});
        return Promise.resolve({ status: 200, body: "" });
      },
    };
    const apps = [{ appid: "1000", event_url: EVENTS, webhook_secrets: ["new", "old"] }];
    const destinations = { [TO]: [{ does: "answer", script: [{ atMs: 100, press: "5" }] }] } as const;
    const { control, clock } = await setup({ destinations, apps, callbacks });
    const { requestId } = await control.placeCall(placing([{ action: "input", action_url: "http://app.example/dtmf", max_digit: 1 }]));
    await clock.advance(60_000);
    expect(requestId).toHaveLength(43);
    const dtmf = raws.findIndex((raw) => raw.includes('"dtmf":"5"'));
    expect(dtmf).toBeGreaterThan(0);
    for (const [index, { "piopiy-signature": signature = "", "piopiy-event-id": eventId }] of headers.entries()) {
      const seconds = Number(/^t=(\d+),/.exec(signature)?.[1]);
      expect(signature).toBe(signatureHeaders(["new", "old"], raws[index]!, seconds * 1000)["piopiy-signature"]);
      expect(signature).toMatch(/^t=\d{10},v1=[0-9a-f]{64},v1=[0-9a-f]{64}$/);
      if (index !== dtmf) expect(raws[index]).toContain(`"event_id":"${eventId}"`);
    }
  });

  it("of a receiver that fails or hangs are tried again in their order, and hold up neither the call nor another address", async () => {
    const replies: SimReplies = { [EVENTS]: [{ afterMs: 3_600_000 }, { status: 500 }, { fails: "fetch_failed" }, {}], [CDRS]: [{ status: 204 }] };
    const { control, clock, read, sent } = await setup({ destinations: answers, replies });
    const { requestId } = await control.placeCall(placing(speak));
    await clock.advance(MINUTE);
    expect((await read(requestId)).call).toMatchObject({ cause: "completed" });
    expect(sent(CDRS)).toHaveLength(1);
    expect(sent(EVENTS)).toHaveLength(1);
    await clock.advance(31 * MINUTE);
    expect(sent(EVENTS).map((event) => event["status"])).toEqual([
      "out_started", "out_started", "out_started", "out_started", "out_ringing", "out_answered", "out_hangup",
    ]);
    expect(new Set(sent(EVENTS).slice(0, 4).map((event) => event["event_id"])).size).toBe(1);
    const { deliveries } = await read(requestId);
    expect(deliveries.map(({ http, error }) => http ?? error)).toEqual([204, "fetch_failed", 500, "fetch_failed", 200, 200, 200, 200]);
    expect(clock.timers).toBe(0);
  });

  it("are given up after the last attempt, and what follows goes its way", async () => {
    const gone: SimReplies = { [EVENTS]: [{ status: 503 }, { status: 301 }, { status: 400 }, { status: 503 }, {}] };
    const { control, clock, read, posts } = await setup({ destinations: answers, replies: gone });
    const { requestId } = await control.placeCall(placing(speak));
    await clock.advance(40 * MINUTE);
    const at = posts.filter(({ url }) => url === EVENTS).map(({ atMs }) => Math.round(atMs / MINUTE));
    expect(at).toEqual([0, 5, 15, 30, 30, 30, 30]);
    expect((await read(requestId)).events.map(({ name, state }) => [name, state])).toEqual([
      ["started", "given_up"], ["ringing", "delivered"], ["answered", "delivered"], ["hangup", "delivered"], ["cdr", "delivered"],
    ]);
    expect(control.statistics().webhooks).toEqual({ delivered: 4, failed: 3, given_up: 1 });
  });

  it("can be sent anew by hand, under the same id", async () => {
    const { control, clock, read, sent } = await setup({ destinations: answers });
    const { requestId } = await control.placeCall(placing(speak));
    await clock.advance(MINUTE);
    const cdr = (await read(requestId)).events.find(({ kind }) => kind === "cdr")!;
    await control.resend("1000", cdr.event_id);
    await clock.advance(MINUTE);
    expect(sent(CDRS)).toHaveLength(2);
    expect(sent(CDRS)[1]).toEqual(sent(CDRS)[0]);
    await expect(control.resend("2000", cdr.event_id)).rejects.toMatchObject({ code: "unknown_event" });
  });

  it("are kept for who asks where the app has no address, and go to the one it has later when asked to", async () => {
    const apps = [{ appid: "1000" }];
    const { control, clock, read, posts, store } = await setup({ destinations: answers, apps });
    const { requestId } = await control.placeCall(placing(speak));
    await clock.advance(MINUTE);
    const { events } = await read(requestId);
    expect(events.map(({ sequence, state }) => [sequence, state])).toEqual([1, 2, 3, 4, 5].map((sequence) => [sequence, "unaddressed"]));
    expect(posts).toEqual([]);
    await expect(control.resend("1000", events[0]!.event_id)).rejects.toMatchObject({ code: "unknown_event" });
    const later = await setup({ store });
    await later.control.resend("1000", events[0]!.event_id);
    await later.clock.advance(MINUTE);
    expect(later.sent(EVENTS)).toMatchObject([{ status: "out_started" }]);
  });

  it("tell the start and the one end of every leg of a group that rings", async () => {
    const destinations = { [TO]: [{ does: "answer" }], [OTHER]: [{ does: "answer" }] } as const;
    const connect = [OTHER, ...Array.from({ length: 30 }, (_, index) => `91900000${1000 + index}`)].map((number) => ({ type: "pstn", number }));
    const { control, clock, read, sent } = await setup({ destinations });
    const { requestId } = await control.placeCall(placing([{ action: "bridge", connect, ring_type: "group", duration: 5 }]));
    await clock.advance(MINUTE);
    const { legs } = await read(requestId);
    expect(legs).toHaveLength(32);
    for (const { id } of legs) {
      const told = sent(EVENTS).filter((event) => event["cmiuuid"] === id).map((event) => event["status"]);
      expect([told[0], told.at(-1), told.filter((status) => status === "out_hangup").length]).toEqual(["out_started", "out_hangup", 1]);
      expect(sent(CDRS).filter((cdr) => cdr["cmiuuid"] === id)).toHaveLength(1);
    }
    const sequences = sent(EVENTS).map((event) => Number(event["sequence"]));
    expect(sequences).toEqual(sequences.toSorted((a, b) => a - b));
  });
});
