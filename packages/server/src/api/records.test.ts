import { readFileSync } from "node:fs";
import { afterEach, describe, expect, it } from "vitest";
import { randomIds, VirtualClock } from "../base/index.ts";
import { createControl, type ControlOptions } from "../control/index.ts";
import { simAudio, simCallbacks, simDialler, simRecordings, simStreams, type SimPost } from "../simulator/index.ts";
import { openStore } from "../store/index.ts";
import { createApi } from "./index.ts";

const TO = "919000000001";
const OTHER = "919000000002";
const app = { appid: "1234567", secret: "secret-x" };
const HOOK = "http://hooks.example/";
const own = { authorization: `Basic ${Buffer.from(`${app.appid}:${app.secret}`).toString("base64")}` };

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

async function world(options: Partial<ControlOptions> = {}) {
  const clock = new VirtualClock();
  const store = await openStore({ file: ":memory:", clock });
  const posts: SimPost[] = [];
  const destinations = { [TO]: [{ does: "answer", script: [{ atMs: 1000, press: "42" }] }], [OTHER]: [{ does: "answer", script: [{ atMs: 3000, hangup: true }] }] } as const;
  const control = createControl({
    store, clock, ids: randomIds, dialler: simDialler(clock, destinations, []), audio: simAudio({}),
    callbacks: simCallbacks(clock, { [HOOK]: [{}] }, posts), recordings: simRecordings(clock, randomIds, []), streams: simStreams(clock, {}),
    recordingFile: (id) => id, apps: [{ ...app, event_url: HOOK, cdr_url: HOOK }, { appid: "2" }], numbers: [], phones: [], ...options,
  });
  const api = createApi({ store, control, apps: [app, { appid: "2", secret: "other" }], clock, ids: randomIds, version: "1.2.3" });
  closing.push(() => store.close(), () => api.close());
  const send = async (method: "GET" | "POST", url: string, payload?: object, headers: Readonly<Record<string, string>> = own) => {
    const response = await api.inject({ method, url, headers, ...(payload && { payload }) });
    return { status: response.statusCode, headers: response.headers, body: response.json() };
  };
  const call = async (pcmo: readonly object[], more: object = {}): Promise<string> => {
    const { body } = await send("POST", "/v2/global_pcmo_make_call", { ...app, from: 918000000001, to: TO, pcmo, ...more });
    return body.request_id;
  };
  return { clock, store, posts, send, call };
}

const speak = { action: "speak", text: "Hello there" };
const bridge = { action: "bridge", from: 918000000001, connect: [{ type: "pstn", number: OTHER }] };

describe("the wire of the official SDKs", () => {
  interface Vector {
    readonly id: string;
    readonly api: string;
    readonly wire?: { readonly method?: string; readonly url?: string; readonly body?: Readonly<Record<string, unknown>> } | null;
  }
  const all: readonly Vector[] = JSON.parse(readFileSync(new URL("../../../../testdata/piopiy-wire-vectors.json", import.meta.url), "utf8"));
  const sent = all.filter(({ api, wire }) => api === "v2" && wire?.url !== undefined && wire.url !== null);
  /** A bridge to nobody: what the old SDKs make of an empty list. */
  const empty: ReadonlySet<string> = new Set(["py-rest-emptylist", "js-rest-emptylist"]);

  it("is all there", () => expect(sent.length).toBeGreaterThanOrEqual(24));

  it.each(sent)("$id gets the documented answer", async ({ id, wire }) => {
    const { send } = await world();
    const path = new URL(wire!.url!).pathname;
    const { status, body } = await send("POST", path, wire!.body, {});
    if (path.startsWith("/v1/call/")) expect([status, body]).toEqual([404, { code: 404, cmi_code: 404, message: expect.any(String) }]);
    else if (empty.has(id)) expect([status, body.code, body.errors[0].path]).toEqual([422, 422, "/pcmo/0/connect"]);
    else {
      const request_id = expect.stringMatching(/^[A-Za-z0-9]{43}$/);
      expect([status, body]).toEqual([200, { data: { status: "progress", request_id }, status: "progress", request_id, code: 200, cmi_code: 200 }]);
    }
  });

  it.each(["/v1/pcmo_make_call", "/v1/global_pcmo_make_call"])("%s is the older name of the same", async (path) => {
    const { send, clock } = await world();
    const { status, body } = await send("POST", path, { ...app, from: 918000000001, to: TO, pcmo: [speak] });
    expect([status, body.status]).toEqual([200, "progress"]);
    await clock.advance(60_000);
    expect((await send("GET", `/calls/${body.request_id}`)).body).toMatchObject({ cause: "completed" });
  });

  it.each(["/v1/make_call", "/v1/global_make_call"])("%s asks for the flow when the call is answered", async (path) => {
    const { send, clock, posts } = await world({ callbacks: simCallbacks(new VirtualClock(), {}, []) });
    const { status, body } = await send("POST", path, { ...app, from: 918000000001, to: TO, answer_url: "https://app.example/answer" });
    expect([status, body.code]).toEqual([200, 200]);
    await clock.advance(100);
    expect(posts).toEqual([]);
    const wrong = await send("POST", path, { ...app, from: 918000000001, to: TO });
    expect([wrong.status, wrong.body.errors]).toEqual([422, [{ path: "/answer_url", message: expect.stringMatching(/missing/) }]]);
  });
});

describe("records of the hosted API's form", () => {
  it("are found by leg and by request, leg b first", async () => {
    const { send, call, clock } = await world();
    const request_id = await call([bridge]);
    await clock.advance(60_000);
    const { legs } = (await send("GET", `/calls/${request_id}`)).body;
    const record = { from: 918000000001, time: expect.any(Number), direction: "outbound", status: "answered" };
    const one = await send("POST", "/v1/piopiy/cmiuuid_cdr", { ...app, cmiuuid: legs[0].cmiuuid }, {});
    expect(one.body).toEqual({ cdr: { ...record, to: Number(TO), leg: "a", duration: 5, balance: "0", rate: "0" }, code: 200, cmi_code: 200 });
    const both = await send("POST", "/v1/piopiy/requestid_cdr", { ...app, request_id }, {});
    expect(both.body).toEqual({
      count: 2, code: 200, cmi_code: 200,
      cdr: [{ ...record, to: Number(OTHER), leg: "b", duration: 3, balance: 0, rate: 0 }, { ...record, to: Number(TO), leg: "a", duration: 5, balance: 0, rate: 0 }],
    });
  });

  it.each([
    ["/v1/piopiy/cmiuuid_cdr", { cmiuuid: "nobody" }, 404],
    ["/v1/piopiy/requestid_cdr", { request_id: "nobody" }, 404],
    ["/v1/piopiy/cmiuuid_cdr", {}, 422],
    ["/v1/piopiy/requestid_cdr", { request_id: 5 }, 422],
    ["/v1/piopiy/requestid_cdr", { request_id: "x", secret: "wrong" }, 401],
  ])("%s %j answers %i", async (path, body, status) => {
    const { send } = await world();
    expect((await send("POST", path, { ...app, ...body }, {})).status).toBe(status);
  });
});

describe("GET /calls", () => {
  it("finds by everything a call has", async () => {
    const { send, call, clock } = await world();
    const first = await call([speak]);
    await clock.advance(60_000);
    const second = await call([{ action: "speak", text: "x".repeat(90) }], { to: OTHER, from: 918000000002 });
    await clock.advance(3000);
    const found = async (query: string) => (await send("GET", `/calls?${query}`)).body.calls.map(({ request_id }: { request_id: string }) => request_id);
    expect(await found("")).toEqual([second, first]);
    for (const [query, expected] of [
      ["status=ended", [first]], ["status=answered", [second]], ["direction=outbound&status=ended", [first]], ["direction=inbound", []],
      [`to=%2B91+90000-00002`, [second]], ["from=918000000001", [first]], [`request_id=${second}`, [second]],
      ["since_ms=1700000000001", [second]], ["until_ms=1700000060000", [first]], ["since_ms=1700000000000&until_ms=1700000060000", [first]],
    ] as const) expect(await found(query), query).toEqual(expected);
  });

  it.each(["status=up", "direction=both", "since_ms=yesterday", "until_ms=-1", "limit=0"])("refuses %s", async (query) => {
    const { send } = await world();
    const { status, body } = await send("GET", `/calls?${query}`);
    expect([status, body.errors[0].path]).toEqual([422, `/${query.split("=")[0]}`]);
  });
});

describe("GET /calls/:id", () => {
  it("tells every action with its start, end and outcome, and every webhook with its attempts", async () => {
    const { send, call, clock } = await world({ apps: [{ ...app, event_url: "http://gone.example/" }] });
    const id = await call([speak, { action: "input", action_url: "https://app.example/dtmf", max_digit: 2 }, { action: "speak", text: "x".repeat(9000) }], { duration: 30 });
    await clock.advance(60_000);
    const { actions, webhooks, timeline } = (await send("GET", `/calls/${id}`)).body;
    expect(actions.map(({ action, outcome, action_index: index }: { action: string; outcome: string; action_index: number }) => [index, action, outcome])).toEqual([
      [0, "speak", "finished"], [1, "input", "finished"], [2, "speak", "finished"],
    ]);
    expect(actions[0].ended_ms - actions[0].started_ms).toBe(715);
    expect(webhooks.map(({ name, attempts }: { name: string; attempts: unknown[] }) => [name, attempts.length])[0]).toEqual(["started", 1]);
    expect(webhooks[0].attempts).toEqual([{ at_ms: expect.any(Number), http: null, error: "fetch_failed", duration_ms: expect.any(Number) }]);
    expect(JSON.stringify(timeline)).not.toContain('"42"');
    expect(JSON.stringify((await send("GET", `/calls/${id}?digits=1`)).body.timeline)).toContain('"42"');
  });
});

describe("GET /events", () => {
  it("tells everything there was, from a cursor on, and nothing of another app", async () => {
    const { send, call, clock } = await world();
    await call([speak]);
    await clock.advance(60_000);
    const first = (await send("GET", "/events?limit=3")).body;
    expect(first.events.map(({ body }: { body: { status: string } }) => body.status)).toEqual(["out_started", "out_ringing", "out_answered"]);
    expect(first.more).toBe(true);
    const rest = (await send("GET", `/events?after=${first.next}`)).body;
    expect(rest.events.map(({ kind, state, sequence }: { kind: string; state: string; sequence: number }) => [kind, state, sequence])).toEqual([["event", "delivered", 4], ["cdr", "delivered", 5]]);
    expect(rest).toMatchObject({ more: false, next: rest.events[1].cursor });
    expect((await send("GET", `/events?after=${rest.next}`)).body).toEqual({ events: [], next: rest.next, more: false });
    const other = { authorization: `Basic ${Buffer.from("2:other").toString("base64")}` };
    expect((await send("GET", "/events", undefined, other)).body.events).toEqual([]);
    expect((await send("GET", "/events?after=now")).status).toBe(422);
  });

  it("sends one once more when asked to", async () => {
    const { send, call, clock, posts } = await world();
    await call([speak]);
    await clock.advance(60_000);
    const before = posts.length;
    const [{ event_id: id }] = (await send("GET", "/events")).body.events;
    expect((await send("POST", `/events/${id}/resend`)).body).toMatchObject({ code: 200 });
    await clock.advance(1000);
    expect(posts.slice(before).map(({ body }) => Object(body).event_id)).toEqual([id]);
    expect((await send("POST", "/events/nothing/resend")).status).toBe(404);
  });
});

describe("limits", () => {
  it("answer 429 with the time after which there is a place", async () => {
    const { send } = await world({ apps: [{ ...app, limits: { cps: 1, queue: 3 } }] });
    const place = () => send("POST", "/v2/global_pcmo_make_call", { ...app, from: 918000000001, to: TO, pcmo: [speak] });
    for (const _ of [1, 2, 3, 4]) expect((await place()).status).toBe(200);
    const refused = await place();
    expect([refused.status, refused.headers["retry-after"], refused.body.code]).toEqual([429, "3", 429]);
    expect((await send("GET", "/calls?status=queued")).body.calls).toHaveLength(3);
  });

  it("of a trunk answer 503", async () => {
    const { send } = await world({ trunks: [{ name: "t", limits: { concurrent: 1, queue: 0 } }], exitOf: () => ({ type: "trunk", trunk: "t", number: "", guard: "free" }) });
    const place = () => send("POST", "/v2/global_pcmo_make_call", { ...app, from: 918000000001, to: TO, pcmo: [speak] });
    await place();
    const refused = await place();
    expect([refused.status, refused.headers["retry-after"]]).toEqual([503, "5"]);
  });
});
