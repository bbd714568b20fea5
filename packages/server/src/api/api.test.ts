import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { FastifyInstance, InjectOptions } from "fastify";
import { afterEach, describe, expect, it } from "vitest";
import { randomIds, VirtualClock } from "../base/index.ts";
import { createControl, type ControlOptions } from "../control/index.ts";
import { simAudio, simCallbacks, simDialler, simRecordings, simStreams, type SimLeg } from "../simulator/index.ts";
import { insertRecording, finishRecording, openStore, readLegs, type Store } from "../store/index.ts";
import { createApi, createLogger } from "./index.ts";

const SECRET = "correct-horse";
const TO = "919000000001";
const MAKE = "/v2/ind_pcmo_make_call";
const ACT = "/v1/call/action";

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

async function setup(options: Partial<ControlOptions> = {}) {
  const clock = new VirtualClock();
  const store = await openStore({ file: ":memory:", clock });
  const legs: SimLeg[] = [];
  const control = createControl({
    store, clock, ids: randomIds,
    dialler: simDialler(clock, { [TO]: [{ does: "answer", script: [{ atMs: 1000, press: "42" }] }] }, legs),
    audio: simAudio({}), callbacks: simCallbacks(clock, {}, []), recordings: simRecordings(clock, randomIds, []), streams: simStreams(clock, {}),
    recordingFile: (id) => `${id}.wav`, apps: [{ appid: "1000" }, { appid: "2000" }], numbers: [], phones: [],
    ...options,
  });
  const lines: string[] = [];
  const logger = createLogger({ destination: { write: (line) => void lines.push(line) } });
  const apps = [{ appid: "1000", secret: SECRET }, { appid: "2000", secret: "other" }];
  const api = createApi({ store, control, apps, clock, ids: randomIds, version: "1.2.3", logger, media: () => Promise.resolve(figures) });
  closing.push(() => store.close(), () => api.close());
  return { api, clock, store, control, legs, lines };
}

const figures = {
  sessions: 3, packetsSent: 11, packetsReceived: 12, packetsLost: 1, packetsDiscarded: 2, packetsInvalid: 4, underruns: 5, latestSendMs: 6,
};

const request = (more: Readonly<Record<string, unknown>> = {}) => ({
  appid: 1000, secret: SECRET, from: 918000000001, to: Number(TO), pcmo: [{ action: "speak", text: "Hello" }], ...more,
});
const without = (key: string) => Object.fromEntries(Object.entries(request()).filter(([name]) => name !== key));
const basic = (appid = "1000", secret = SECRET) => ({ authorization: `Basic ${Buffer.from(`${appid}:${secret}`).toString("base64")}` });

async function post(api: FastifyInstance, url: string, payload: unknown, headers: Readonly<Record<string, string>> = {}) {
  const sent: InjectOptions = { method: "POST", url, headers: { "content-type": "application/json", ...headers }, payload: JSON.stringify(payload) };
  const response = await api.inject(sent);
  return { status: response.statusCode, headers: response.headers, body: response.json() };
}
async function get(api: FastifyInstance, url: string, headers: Readonly<Record<string, string>> = basic()) {
  return await api.inject({ method: "GET", url, headers });
}
const callsOf = async (api: FastifyInstance) => (await get(api, "/calls?limit=100")).json().calls;

describe("POST make call", () => {
  it.each([MAKE, "/v2/global_pcmo_make_call"])("%s places a call and answers as the hosted API does", async (url) => {
    const { api, clock, legs } = await setup();
    const { status, headers, body } = await post(api, url, request({ secret: SECRET }));
    expect(status).toBe(200);
    expect(body.request_id).toMatch(/^[A-Za-z0-9]{43}$/);
    expect(body).toEqual({
      data: { status: "progress", request_id: body.request_id }, status: "progress", request_id: body.request_id, code: 200, cmi_code: 200,
    });
    expect(headers["piopiy-idempotency"]).toBe("1");
    expect(headers["x-request-id"]).toMatch(/^[0-9a-f-]{36}$/);
    await clock.advance(20_000);
    expect(legs[0]!.heard).toHaveLength(1);
  });

  const bad: readonly [name: string, body: unknown, status: number, code: number, path: string | undefined, message: RegExp][] = [
    ["no object", [], 422, 422, "", /must be an object/],
    ["null", null, 422, 422, "", /must be an object/],
    ["nothing in it", {}, 422, 422, "/appid", /missing/],
    ["no secret", without("secret"), 422, 422, "/secret", /missing/],
    ["no from", without("from"), 422, 422, "/from", /missing/],
    ["no to", without("to"), 422, 422, "/to", /missing/],
    ["no pcmo", without("pcmo"), 422, 422, "/pcmo", /missing/],
    ["an empty pcmo", request({ pcmo: [] }), 422, 422, "/pcmo", /at least one action/],
    ["a to that is no number", request({ to: "nobody" }), 422, 422, "/to", /3 to 15 digits/],
    ["a to of the wrong type", request({ to: true }), 422, 422, "/to", /3 to 15 digits/],
    ["an unknown action", request({ pcmo: [{ action: "dance" }] }), 422, 422, "/pcmo/0/action", /one of play/],
    ["an action without its text", request({ pcmo: [{ action: "hangup" }, { action: "speak" }] }), 422, 422, "/pcmo/1/text", /missing/],
    ["a duration of no time", request({ duration: 0 }), 422, 422, "/duration", /1 to 86400/],
    ["a wrong secret", request({ secret: "wrong" }), 401, 420, undefined, /appid or the secret/],
    ["the secret of another app", request({ secret: "other" }), 401, 420, undefined, /appid or the secret/],
    ["an unknown app", request({ appid: 9999 }), 401, 420, undefined, /appid or the secret/],
    ["a wrong secret and more mistakes", { appid: 1000, secret: "wrong" }, 401, 420, undefined, /appid or the secret/],
  ];
  it.each(bad)("refuses a body with %s", async (_, body, status, code, path, message) => {
    const { api } = await setup();
    const answer = await post(api, MAKE, body);
    expect(answer.status).toBe(status);
    expect(answer.body).toMatchObject({ code, cmi_code: code, message: expect.stringMatching(message) });
    if (path === undefined) expect(answer.body).not.toHaveProperty("errors");
    else expect(answer.body.errors).toContainEqual({ path, message: expect.stringMatching(message) });
    expect(JSON.stringify(answer.body)).not.toMatch(/correct-horse|wrong"|nobody|9190/);
    expect(await callsOf(api)).toEqual([]);
  });

  const json = "application/json";
  const raw: readonly [name: string, payload: string, type: string | undefined, status: number, message: RegExp][] = [
    ["malformed JSON", '{"appid": 1000,\n "secret": oops}', json, 400, /a character that does not belong there/],
    ["JSON without a comma", '{"appid": 1000\n "secret": "oops"}', json, 400, /line 2, column 2 has a character/],
    ["JSON that ends too early", '{"appid": 1000', json, 400, /not JSON/],
    ["an empty body", "", json, 400, /empty/],
    ["another content type", "appid=1000", "application/x-www-form-urlencoded", 415, /content-type: application\/json/],
    ["text", "{}", "text/plain", 415, /content-type: application\/json/],
    ["no content type", "{}", undefined, 415, /content-type: application\/json/],
    ["more than 1 MiB", JSON.stringify({ x: "y".repeat(1_048_576) }), json, 413, /1024 KiB/],
  ];
  it.each(raw)("refuses %s", async (_, payload, type, status, message) => {
    const { api } = await setup();
    const response = await api.inject({ method: "POST", url: MAKE, payload, headers: type === undefined ? {} : { "content-type": type } });
    expect(response.statusCode).toBe(status);
    expect(response.json()).toEqual({ code: status, cmi_code: status, message: expect.stringMatching(message) });
    expect(response.body).not.toContain("oops");
  });

  it("says when to come again, when it is full and when it is shutting down", async () => {
    const { api, control } = await setup({ maxCalls: 1 });
    await post(api, MAKE, request());
    const full = await post(api, MAKE, request());
    expect(full).toMatchObject({ status: 429, body: { code: 429 }, headers: { "retry-after": "1" } });
    const drained = control.drain(0);
    expect(await post(api, MAKE, request())).toMatchObject({ status: 503, body: { code: 503 }, headers: { "retry-after": "5" } });
    expect((await get(api, "/health")).json()).toMatchObject({ status: "draining" });
    void drained;
  });
});

describe("Idempotency-Key", () => {
  const key = { "idempotency-key": "k-1" };

  it("gives the first answer again, and places no second call", async () => {
    const { api } = await setup();
    const first = await post(api, MAKE, request(), key);
    const again = await post(api, "/v2/global_pcmo_make_call", request(), key);
    expect(again).toMatchObject({ status: 200, body: first.body });
    expect(await callsOf(api)).toHaveLength(1);
  });

  it("places one call for many requests at the same moment", async () => {
    const { api } = await setup();
    const answers = await Promise.all(Array.from({ length: 8 }, () => post(api, MAKE, request(), key)));
    expect(new Set(answers.map((answer) => answer.body.request_id)).size).toBe(1);
    expect(await callsOf(api)).toHaveLength(1);
  });

  it("refuses another body under the same key, at the same moment and later", async () => {
    const { api } = await setup();
    const other = request({ from: 918000000002 });
    const [, meanwhile] = await Promise.all([post(api, MAKE, request(), key), post(api, MAKE, other, key)]);
    for (const answer of [meanwhile, await post(api, MAKE, other, key)]) {
      expect(answer).toMatchObject({ status: 422, body: { message: expect.stringMatching(/Idempotency-Key.*new key/) } });
    }
    expect(await callsOf(api)).toHaveLength(1);
  });

  it("keeps keys of apps apart, forgets them after 24 hours, and keeps no refusal", async () => {
    const { api, clock } = await setup();
    const ids = new Set<string>();
    ids.add((await post(api, MAKE, request(), key)).body.request_id);
    ids.add((await post(api, MAKE, request({ appid: 2000, secret: "other" }), key)).body.request_id);
    await clock.advance(24 * 3_600_000);
    ids.add((await post(api, MAKE, request(), key)).body.request_id);
    expect(ids.size).toBe(3);
    expect((await post(api, MAKE, request({ to: "x" }), { "idempotency-key": "k-2" })).status).toBe(422);
    expect((await post(api, MAKE, request(), { "idempotency-key": "k-2" })).status).toBe(200);
  });

  it.each(["", "a b", "x".repeat(256)])("refuses the key %j", async (bad) => {
    const { api } = await setup();
    expect(await post(api, MAKE, request(), { "idempotency-key": bad })).toMatchObject({ status: 422, body: { errors: [{ path: "" }] } });
  });
});

describe("POST call action", () => {
  const act = (more: Readonly<Record<string, unknown>>) => ({ appid: 1000, secret: SECRET, action: "hangup", ...more });

  it.each([[ACT, "cmiuuid"], ["/v1/call/global_action", "cmiuid"]])("%s hangs up by %s", async (url, name) => {
    const { api, clock, store } = await setup();
    const placed = await post(api, MAKE, request({ pcmo: [{ action: "speak", text: "x".repeat(5000) }] }));
    await clock.advance(5000);
    const { call_id: id } = (await get(api, `/calls/${placed.body.request_id}`)).json();
    const [leg] = await readLegs(store.db, id);
    expect(await post(api, url, act({ [name]: leg!.id }))).toMatchObject({ status: 200, body: { code: 200, cmi_code: 200 } });
    await clock.advance(100);
    expect((await get(api, `/calls/${id}`)).json()).toMatchObject({ status: "ended", cause: "completed" });
    expect(await post(api, url, act({ [name]: leg!.id }))).toMatchObject({ status: 404, body: { code: 404 } });
  });

  const refused: readonly [name: string, body: Readonly<Record<string, unknown>>, status: number, code: number][] = [
    ["an unknown call", act({ cmiuuid: "11111111-1111-4111-a111-111111111111" }), 404, 404],
    ["no call", act({}), 422, 422],
    ["an unknown action", act({ cmiuuid: "x", action: "dance" }), 422, 422],
    ["a wrong secret", act({ cmiuuid: "x", secret: "wrong" }), 401, 420],
  ];
  it.each(refused)("refuses %s", async (_, body, status, code) => {
    const { api } = await setup();
    expect(await post(api, ACT, body)).toMatchObject({ status, body: { code, cmi_code: code, message: expect.any(String) } });
  });
});

describe("GET calls", () => {
  const dtmf = [{ action: "input", action_url: "http://app.example/dtmf", max_digit: 2 }];

  it("asks for credentials, and shows an app its own", async () => {
    const { api } = await setup();
    const { body } = await post(api, MAKE, request());
    for (const headers of [{}, basic("1000", "wrong"), basic("9999"), { authorization: "Bearer x" }, { authorization: "Basic !!!" }]) {
      for (const url of ["/calls", `/calls/${body.request_id}`, "/recordings/x"]) {
        const response = await get(api, url, { ...headers });
        expect(response.statusCode).toBe(401);
        expect(response.headers["www-authenticate"]).toMatch(/^Basic realm=/);
        expect(response.json()).toMatchObject({ code: 401 });
      }
    }
    const other = basic("2000", "other");
    expect((await get(api, "/calls", other)).json()).toEqual({ calls: [] });
    expect((await get(api, `/calls/${body.request_id}`, other)).statusCode).toBe(404);
  });

  it("shows a call by any of its ids, with digits only when they are asked for", async () => {
    const { api, clock } = await setup();
    const { body } = await post(api, MAKE, request({ pcmo: dtmf, record: true }));
    await clock.advance(30_000);
    const call = (await get(api, `/calls/${body.request_id}`)).json();
    expect(call).toMatchObject({
      request_id: body.request_id, status: "ended", cause: "completed", direction: "outbound", from: "918000000001", to: TO,
      legs: [{ leg: "a", status: "ended", cause: "completed", ended_by: "us" }],
      recordings: [{ status: "completed", channels: "stereo", url: expect.stringMatching(/^\/recordings\//) }],
    });
    for (const id of [call.call_id, call.legs[0].cmiuuid]) expect((await get(api, `/calls/${id}`)).json()).toEqual(call);
    const digits = (detail: { timeline: { type: string; data: { digits: string } }[] }) =>
      detail.timeline.find((entry) => entry.type === "digits.collected")?.data.digits;
    expect(digits(call)).toBe("**");
    expect(digits((await get(api, `/calls/${body.request_id}?digits=1`)).json())).toBe("42");
    expect(JSON.stringify(call)).not.toContain(".wav");
  });

  it("lists pages, newest first", async () => {
    const { api, clock } = await setup();
    const placed: string[] = [];
    for (let n = 0; n < 5; n += 1) {
      placed.unshift((await post(api, MAKE, request())).body.request_id);
      await clock.advance(10);
    }
    const first = (await get(api, "/calls?limit=3")).json();
    const second = (await get(api, `/calls?limit=3&before=${first.next}`)).json();
    expect([...first.calls, ...second.calls].map((call) => call.request_id)).toEqual(placed);
    expect(second).not.toHaveProperty("next");
  });

  it.each([["/calls?limit=0", "/limit"], ["/calls?limit=101", "/limit"], ["/calls?limit=x", "/limit"], ["/calls/x?digits=2", "/digits"]])(
    "refuses %s", async (url, path) => {
      const { api } = await setup();
      const response = await get(api, url);
      expect(response.statusCode).toBe(422);
      expect(response.json().errors).toMatchObject([{ path }]);
    },
  );

  it("answers 404 as JSON for calls and paths that are not there", async () => {
    const { api } = await setup();
    for (const url of ["/calls/nothing", "/nothing"]) {
      const response = await get(api, url);
      expect([response.statusCode, response.json().code]).toEqual([404, 404]);
    }
  });
});

describe("GET recording", () => {
  const content = Uint8Array.from({ length: 100 }, (_, index) => index);

  async function recording(status: "completed" | "failed" | "recording", write = true) {
    const world = await setup();
    const folder = mkdtempSync(join(tmpdir(), "piopiy-api-"));
    closing.push(() => rmSync(folder, { recursive: true }));
    const file = join(folder, "r.wav");
    if (write) writeFileSync(file, content);
    const { body } = await post(world.api, MAKE, request());
    const { call_id: callId } = (await get(world.api, `/calls/${body.request_id}`)).json();
    await world.store.write(async (db) => {
      await insertRecording(db, { id: "r1", call_id: callId, leg_id: "l", file, channels: "mono", started_ms: 1 });
      if (status !== "recording") await finishRecording(db, "r1", { status, duration_ms: 5, completed_ms: 2 });
    });
    return world;
  }

  it("sends the file", async () => {
    const { api } = await recording("completed");
    const response = await get(api, "/recordings/r1");
    expect(response.statusCode).toBe(200);
    expect(response.headers).toMatchObject({ "content-type": "audio/wav", "content-length": "100", "accept-ranges": "bytes" });
    expect(new Uint8Array(response.rawPayload)).toEqual(content);
    expect((await get(api, "/recordings/r1", basic("2000", "other"))).statusCode).toBe(404);
  });

  const ranges: readonly [range: string, status: number, from: number, to: number][] = [
    ["bytes=0-9", 206, 0, 9], ["bytes=90-", 206, 90, 99], ["bytes=-5", 206, 95, 99], ["bytes=95-500", 206, 95, 99], ["bytes=-500", 206, 0, 99],
    ["bytes=9-5", 200, 0, 99], ["bytes=1-2,4-5", 200, 0, 99], ["lines=1-2", 200, 0, 99], ["bytes=-", 200, 0, 99],
  ];
  it.each(ranges)("understands Range: %s", async (range, status, from, to) => {
    const { api } = await recording("completed");
    const response = await get(api, "/recordings/r1", { ...basic(), range });
    expect(response.statusCode).toBe(status);
    expect(new Uint8Array(response.rawPayload)).toEqual(content.slice(from, to + 1));
    expect(response.headers["content-range"]).toBe(status === 206 ? `bytes ${from}-${to}/100` : undefined);
  });

  it.each(["bytes=100-", "bytes=-0"])("refuses the unsatisfiable Range: %s", async (range) => {
    const { api } = await recording("completed");
    const response = await get(api, "/recordings/r1", { ...basic(), range });
    expect([response.statusCode, response.headers["content-range"]]).toEqual([416, "bytes */100"]);
  });

  it.each([["recording", true, /still runs/], ["failed", true, /failed/], ["completed", false, /gone/]] as const)(
    "says why there is no file: %s, written %s", async (status, write, message) => {
      const { api } = await recording(status, write);
      const response = await get(api, "/recordings/r1");
      expect([response.statusCode, response.json().message]).toEqual([404, expect.stringMatching(message)]);
    },
  );
});

describe("the server itself", () => {
  it("tells its health and its figures", async () => {
    const { api, clock } = await setup();
    await post(api, MAKE, request());
    await clock.advance(1000);
    expect((await get(api, "/health", {})).json()).toEqual({ status: "ok", version: "1.2.3", uptime_seconds: 1, calls: 1 });
    await clock.advance(60_000);
    const metrics = (await get(api, "/metrics", {})).body;
    expect(metrics).toMatch(/^piopiy_calls_active 0$/m);
    expect(metrics).toMatch(/^piopiy_calls_ended_total\{cause="completed"\} 1$/m);
    expect(metrics).toMatch(/^piopiy_rtp_packets_sent_total 11$/m);
    expect(metrics).toMatch(/^piopiy_media_sessions 3$/m);
    expect(metrics).toMatch(/^nodejs_eventloop_lag_p99_seconds /m);
    expect((await get(api, "/metrics", {})).body).toMatch(/^piopiy_rtp_packets_sent_total 11$/m);
  });

  it("keeps a client's request id, and not what is none", async () => {
    const { api } = await setup();
    expect((await get(api, "/health", { "x-request-id": "abc-1" })).headers["x-request-id"]).toBe("abc-1");
    expect((await get(api, "/health", { "x-request-id": "a b\tc" })).headers["x-request-id"]).toMatch(/^[0-9a-f-]{36}$/);
  });

  it("answers 500 without details when something breaks, logs it, and goes on", async () => {
    const { api, store, lines } = await setup();
    const broken: Store["write"] = () => Promise.reject(new Error("disk on fire"));
    Object.assign(store, { write: broken });
    const answer = await post(api, MAKE, request());
    expect(answer).toMatchObject({ status: 500, body: { code: 500, message: "Something failed inside the server." } });
    expect(lines.join("")).toContain("disk on fire");
    expect(lines.join("")).not.toMatch(/918000000001|correct-horse/);
    expect((await get(api, "/health")).statusCode).toBe(200);
  });
});
