import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { audible, dominantTone, tonesPresent, toneSpans } from "./audio/index.ts";
import type { PhoneCall } from "./phone/index.ts";
import { receivedBy, type Received } from "./received.test.support.ts";
import {
  app, callerId, heardMs, startReceiver, startWorld, toneWav, until, type CallRecord, type Receiver, type World,
} from "./server-world.test.support.ts";
import { watchStalls } from "./stalls.test.support.ts";
import { VERSION } from "./version.ts";

const tones = { file: 620, prompt: 1000, after: 1300, alice: 440, bob: 880 } as const;
const all: readonly number[] = Object.values(tones);
/** Much longer than it takes to press some keys, on any machine. */
const promptMs = 15_000;
const play = { action: "play", file_name: "file.wav" };
const after = { action: "play", file_name: "after.wav" };
const bridgeTo = (numbers: readonly string[], more: object = {}) =>
  ({ action: "bridge", connect: numbers.map((number) => ({ type: "pstn", number })), timeout: 10, ...more });

let world: World;
let hooks: Receiver;
beforeAll(async () => {
  hooks = await startReceiver(({ path }) => ({ body: path === "/digits" ? JSON.stringify([after]) : "" }));
  world = await startWorld({ phones: 40, workers: 1, phoneWorkers: 1, config: { apps: [{ ...app, cdr_url: `${hooks.url}/cdr`, event_url: `${hooks.url}/event` }] } });
  await Promise.all([
    world.media("file.wav", toneWav(tones.file, 500)),
    world.media("prompt.wav", toneWav(tones.prompt, promptMs)),
    world.media("after.wav", toneWav(tones.after, 500)),
    world.media("long.wav", toneWav(tones.file, 20_000)),
  ]);
});
afterAll(async () => {
  await world.close();
  await hooks.close();
});

const types = (record: CallRecord) => record.timeline.map(({ type }) => type);
const entry = (record: CallRecord, type: string) => record.timeline.find((one) => one.type === type);
const legA = (record: CallRecord) => record.legs.find(({ leg }) => leg === "a")!;
const legB = (record: CallRecord) => record.legs.find(({ leg }) => leg === "b")!;

/** A phone that answers a call with that flow. */
async function answered(pcmo: readonly unknown[], fields: Readonly<Record<string, unknown>> = {}) {
  const phone = await world.phone();
  const ringing = phone.nextCall();
  const id = await world.call(phone.username, pcmo, fields);
  const call = await ringing;
  return { id, phone, call, received: receivedBy(call, all) };
}

/** Two phones that a bridge has joined; both say their tone. */
async function bridged(pcmo: (second: string) => readonly unknown[], fields: Readonly<Record<string, unknown>> = {}) {
  const second = await world.phone();
  const picksUp = second.nextCall();
  const { id, call, received } = await answered(pcmo(second.username), fields);
  const other = await picksUp;
  const otherReceived = receivedBy(other, all);
  call.sendTone(tones.alice);
  other.sendTone(tones.bob);
  await Promise.all([call.hears(tones.bob), other.hears(tones.alice)]);
  return { id, call, other, received, otherReceived };
}

/** The tones that came, one after the other; a machine that is busy may tear them apart. */
const inTurn = (received: Received) =>
  received.spans().map(({ frequencyHz }) => frequencyHz).filter((tone, at, tones) => tone !== tones[at - 1]);

/** To its end, the call was heard to go on with `after`. */
async function goesOn(call: PhoneCall, received: Received): Promise<void> {
  await call.ended;
  expect(received.ms(tones.after)).toBeGreaterThan(400);
}

describe.concurrent("the server", () => {
  it("tells how it is, what it counts and what it can do", async () => {
    const health = await world.get("/health");
    expect([health.status, await health.json()]).toEqual([200, { status: "ok", version: VERSION, uptime_seconds: expect.any(Number), calls: expect.any(Number) }]);
    expect(await world.metric("piopiy_media_up")).toBe(1);
    const openapi = JSON.stringify(await (await world.get("/openapi.json")).json());
    for (const path of ["/v2/global_pcmo_make_call", "/v2/ind_pcmo_make_call", "/v1/call/action", "/calls/{id}", "/recordings/{id}"]) expect(openapi).toContain(`"${path}"`);
  });

  it.each(["/v2/global_pcmo_make_call", "/v2/ind_pcmo_make_call"])("takes a call at %s", async (path) => {
    const phone = await world.phone();
    const ringing = new Promise((resolve) => phone.events.on("ringing", resolve));
    const picksUp = phone.nextCall();
    const { status, body } = await world.post(path, JSON.stringify({ ...app, from: callerId, to: Number(phone.username), pcmo: [play, after] }));
    expect([status, body]).toEqual([200, {
      data: { status: "progress", request_id: body.request_id }, status: "progress", request_id: expect.stringMatching(/^[A-Za-z0-9]{43}$/), code: 200, cmi_code: 200,
    }]);
    expect(await ringing).toMatchObject({ from: callerId });
    const call = await picksUp;
    const received = receivedBy(call, all);
    expect(await call.ended).toEqual({ reason: "completed", who: "peer" });
    expect(inTurn(received)).toEqual([tones.file, tones.after]);
    expect(received.ms(tones.file)).toBeGreaterThan(400);
    expect(received.ms(tones.file)).toBeLessThan(600);
    const record = await world.ended(body.request_id!);
    expect(record).toMatchObject({ cause: "completed", direction: "outbound", from: callerId, to: phone.username, legs: [{ leg: "a", cause: "completed" }] });
    const rated = { loss_percent: expect.any(Number), jitter_ms: expect.any(Number), r_factor: expect.any(Number), mos: expect.any(Number) };
    expect(record.legs[0]?.media).toMatchObject({ packets_sent: expect.any(Number), packets_lost: 0, received: rated });
    expect(types(record).filter((type) => !type.startsWith("webhook."))).toEqual([
      "call.queued", "leg.dialled", "leg.ringing", "leg.answered", "flow.started",
      "action.started", "action.finished", "action.started", "action.finished", "flow.finished", "leg.ended", "leg.media", "call.ended",
    ]);
  });

  it("speaks", async () => {
    const { call } = await answered([{ action: "speak", text: "Hello and welcome." }, after]);
    await call.ended;
    const { samples } = call.heard();
    const spoken = samples.subarray(0, (call.heard().spans(all)[0]?.fromMs ?? 0) * 8);
    const voice = Array.from({ length: spoken.length / 160 }, (_, at) => spoken.subarray(at * 160, at * 160 + 160)).filter(audible);
    expect(voice.length * 20).toBeGreaterThan(500);
    expect(dominantTone(spoken, all)).toBeUndefined();
  });

  it("dials anew when a phone was busy, as often as loop says", async () => {
    const phone = await world.phone({ answering: { do: "busy" } });
    let calls = 0;
    phone.events.on("ringing", () => {
      calls += 1;
      phone.answering = { do: calls < 2 ? "busy" : "answer" };
    });
    const record = await world.ended(await world.call(phone.username, [after], { loop: 3 }));
    expect([calls, record.cause]).toEqual([2, "completed"]);
    expect(record.legs.map(({ cause }) => cause)).toEqual(["busy", "completed"]);
    expect(record.timeline.filter(({ type }) => type === "leg.dialled").map(({ data }) => data?.["round"])).toEqual([1, 2]);
  });

  it("ends a call when its duration is over", async () => {
    const { id, call, received } = await answered([{ action: "play", file_name: "long.wav" }], { duration: 1 });
    const stalls = watchStalls();
    await call.ended;
    stalls.stop();
    expect(await world.ended(id)).toMatchObject({ cause: "duration", legs: [{ cause: "duration", ended_by: "us" }] });
    expect(received.ms(tones.file)).toBeLessThan(1300 + stalls.ms());
  });

  it("hands digits to the webhook exactly, and performs what it answers instead of the rest", async () => {
    const { id, phone, call, received } = await answered([
      { action: "param", text: "order 7" },
      { action: "play_get_input", action_url: `${hooks.url}/digits`, file_name: "prompt.wav", max_digit: 6, timeout: 5 },
      { action: "play", file_name: "long.wav" },
    ]);
    await call.hears(tones.prompt, 100);
    await call.press("90*17#");
    await call.ended;
    const record = await world.ended(id);
    const posted = hooks.received.filter(({ path, body }) => path === "/digits" && body["cmiuuid"] === legA(record).cmiuuid);
    const cmiuuid = legA(record).cmiuuid;
    expect(posted).toEqual([{
      method: "POST", path: "/digits",
      body: { from: Number(callerId), to: Number(phone.username), dtmf: "90*17", cmiuuid, cmuuid: cmiuuid, extra_params: "order 7", event_id: expect.any(String), sequence: expect.any(Number) },
    }]);
    expect(inTurn(received)).toEqual([tones.prompt, tones.after]);
    expect(received.ms(tones.prompt)).toBeLessThan(promptMs - 500);
    expect([record.extra_params, record.cause]).toEqual(["order 7", "completed"]);
    expect(entry(record, "flow.replaced")?.data).toEqual({ actions: 1, dropped: 1 });
  });

  it("shows pressed digits only to who asks for them", async () => {
    const { id, call } = await answered([{ action: "input", action_url: `${hooks.url}/digits`, max_digit: 4, timeout: 5 }]);
    await call.press("1234");
    const record = await world.ended(id);
    expect(entry(record, "digits.collected")?.data).toMatchObject({ digits: "1234" });
    const plain: CallRecord = JSON.parse(await (await world.get(`/calls/${id}`)).text());
    expect(entry(plain, "digits.collected")?.data).toMatchObject({ digits: "****" });
  });

  it("goes on with the flow when nobody presses a key", async () => {
    const { id, call, received } = await answered([{ action: "input", action_url: `${hooks.url}/digits`, max_digit: 4, timeout: 1 }, after]);
    await goesOn(call, received);
    const record = await world.ended(id);
    expect(entry(record, "action.finished")?.data).toMatchObject({ action: "input", input: false });
    expect(hooks.received.some(({ path, body }) => path === "/digits" && body["cmiuuid"] === legA(record).cmiuuid)).toBe(false);
  });
});

describe.concurrent("a bridge", () => {
  it("lets each hear the other and nobody himself, and ends with either", async () => {
    const { id, call, other, received, otherReceived } = await bridged((second) => [bridgeTo([second], { from: "918000000009" }), after]);
    expect(other.leg.info.from).toBe("918000000009");
    await other.hangup();
    expect(await call.ended).toEqual({ reason: "completed", who: "peer" });
    expect(tonesPresent(received.samples(), all).filter((tone) => tone !== tones.after)).toEqual([tones.bob]);
    expect(tonesPresent(otherReceived.samples(), all)).toEqual([tones.alice]);
    expect(inTurn(received)).toEqual([tones.bob, tones.after]);
    const record = await world.ended(id);
    expect([legA(record).ended_by, legB(record).ended_by]).toEqual(["us", "peer"]);
    expect(types(record)).toEqual(expect.arrayContaining(["bridge.started", "bridge.finished"]));
  });

  it("takes the first of a list that answers", async () => {
    const busy = await world.phone({ answering: { do: "busy" } });
    const { id, call, other } = await bridged((second) => [bridgeTo([busy.username, world.unregistered(), second])]);
    await call.hangup();
    expect(await other.ended).toMatchObject({ who: "peer" });
    const record = await world.ended(id);
    expect(record.legs.filter(({ leg }) => leg === "b").map(({ cause }) => cause)).toEqual(["busy", "unreachable", "completed"]);
  });

  it("rings a group at once and cancels who was slower", async () => {
    const slow = await world.phone({ answering: { do: "ring" } });
    const { id, call, other } = await bridged((second) => [bridgeTo([slow.username, second], { ring_type: "group" })]);
    await call.hangup();
    const record = await world.ended(id);
    const causes = Object.fromEntries(record.legs.filter(({ leg }) => leg === "b").map(({ to, cause }) => [to, cause]));
    expect(causes).toEqual({ [slow.username]: "cancelled", [other.leg.info.to]: "completed" });
  });

  it("goes on with the flow when nobody answers", async () => {
    const rings = await world.phone({ answering: { do: "ring" } });
    const { id, call, received } = await answered([bridgeTo([rings.username], { timeout: 1 }), after]);
    await goesOn(call, received);
    const record = await world.ended(id);
    expect(entry(record, "action.finished")?.data).toMatchObject({ action: "bridge", answered: false, attempts: [{ cause: { reason: "no_answer" } }] });
  });

  it("is over when its duration is", async () => {
    const second = await world.phone();
    const picksUp = second.nextCall();
    const { id, call, received } = await answered([bridgeTo([second.username], { duration: 1 }), after]);
    const other = await picksUp;
    expect(await other.ended).toMatchObject({ who: "peer" });
    await goesOn(call, received);
    expect(legB(await world.ended(id)).cause).toBe("duration");
  });
});

describe.concurrent("a recording", () => {
  const onlyTone = (samples: Int16Array | undefined) => [...new Set(toneSpans(samples ?? new Int16Array(), all).map(({ frequencyHz }) => frequencyHz))];

  it("in stereo holds who was called on the left and what it heard on the right", async () => {
    const { id, call, other } = await bridged((second) => [{ action: "record", channels: "stereo" }, bridgeTo([second])]);
    await Promise.all([call.hears(tones.bob, 400), other.hears(tones.alice, 400)]);
    await other.hangup();
    await call.ended;
    const record = await world.ended(id);
    const [said, heard] = await world.recording(record);
    expect(record.recordings).toMatchObject([{ channels: "stereo", status: "completed" }]);
    expect([onlyTone(said), onlyTone(heard)]).toEqual([[tones.alice], [tones.bob]]);
    expect(heardMs(toneSpans(said!, all), tones.alice)).toBeGreaterThanOrEqual(180);
    expect(said!.length / 8).toBeCloseTo(record.recordings[0]!.duration_ms!, -2);
  });

  it("in mono holds both in one", async () => {
    const { id, call, other } = await bridged((second) => [{ action: "record", channels: "mono" }, bridgeTo([second])]);
    await other.hangup();
    await call.ended;
    const channels = await world.recording(await world.ended(id));
    expect(channels).toHaveLength(1);
    const both = channels[0]!;
    const together = Array.from({ length: Math.floor(both.length / 800) }, (_, at) => tonesPresent(both.subarray(at * 800, at * 800 + 800), all));
    expect(together).toContainEqual([tones.alice, tones.bob]);
  });

  it("of the whole call is made when the request says so", async () => {
    const { id, call } = await answered([play], { record: true });
    call.sendTone(tones.alice);
    await call.ended;
    const [said, heard] = await world.recording(await world.ended(id));
    expect([onlyTone(said), onlyTone(heard)]).toEqual([[tones.alice], [tones.file]]);
    expect(heardMs(toneSpans(heard!, all), tones.file)).toBeGreaterThanOrEqual(440);
  });

  it("of a bridge alone is made when the bridge says so", async () => {
    const { id, call, other } = await bridged((second) => [play, bridgeTo([second], { record: true })]);
    await until("the recording", async () => entry(await world.record(id), "recording.started"));
    await Promise.all([call.hears(tones.bob), other.hears(tones.alice)]);
    await other.hangup();
    await call.ended;
    const [said, heard] = await world.recording(await world.ended(id));
    expect([onlyTone(said), onlyTone(heard)]).toEqual([[tones.alice], [tones.bob]]);
  });
});

describe.concurrent("a hang-up over the API", () => {
  const long = [{ action: "play", file_name: "long.wav" }];

  it.each([
    ["the request's id", (record: CallRecord, id: string) => id],
    ["the call's id", (record: CallRecord) => record.call_id],
    ["its leg's id", (record: CallRecord) => legA(record).cmiuuid],
  ])("ends the call named by %s", async (_, named) => {
    const { id, call } = await answered(long);
    await call.hears(tones.file, 100);
    const { status, body } = await world.act(named(await world.record(id), id));
    expect([status, body]).toEqual([200, { code: 200, cmi_code: 200, message: "hangup accepted" }]);
    expect(await call.ended).toEqual({ reason: "completed", who: "peer" });
    expect(await world.ended(id)).toMatchObject({ cause: "completed" });
    expect(await world.act(id)).toMatchObject({ status: 404, body: { code: 404, message: expect.any(String) } });
  });

  it("gives up a call that rings", async () => {
    const phone = await world.phone({ answering: { do: "ring" } });
    const ringing = new Promise((resolve) => phone.events.on("ringing", resolve));
    const id = await world.call(phone.username, long);
    await ringing;
    await world.act(id);
    expect(await world.ended(id)).toMatchObject({ cause: "cancelled", legs: [{ cause: "cancelled" }] });
  });

  it("of a second leg ends that leg, and the flow goes on", async () => {
    const { id, call, other, received } = await bridged((second) => [bridgeTo([second]), after]);
    await world.act(legB(await world.record(id)).cmiuuid);
    expect(await other.ended).toMatchObject({ who: "peer" });
    await goesOn(call, received);
    expect(await world.ended(id)).toMatchObject({ cause: "completed" });
  });
});

describe.concurrent("a request with an Idempotency-Key", () => {
  it("makes one call however often it comes", async () => {
    const phone = await world.phone();
    let calls = 0;
    phone.events.on("call", () => (calls += 1));
    const fields = { to: phone.username, pcmo: [after] };
    const send = (key: string, more: object = {}) => world.place({ ...fields, ...more }, { "idempotency-key": key });
    const together = await Promise.all([send("one"), send("one")]);
    const id = together[0].body.request_id!;
    await world.ended(id);
    const later = await send("one");
    expect([...together, later].map(({ status, body }) => [status, body.request_id])).toEqual([[200, id], [200, id], [200, id]]);
    expect(calls).toBe(1);
    expect(await send("one", { timeout: 7 })).toMatchObject({ status: 422, body: { errors: [{ path: "", message: expect.stringContaining("Idempotency-Key") }] } });
    const other = await send("two");
    expect(other.body.request_id).not.toBe(id);
    await world.ended(other.body.request_id!);
    expect(calls).toBe(2);
  });
});

describe.concurrent("the app's webhooks", () => {
  it("tell the life of both legs in order, and a record of each", async () => {
    const { id, call, other } = await bridged((second) => [bridgeTo([second])], { extra_params: { order: 7 } });
    await other.hangup();
    await call.ended;
    const mine = await until("all of them", () => {
      const found = hooks.received.filter(({ body }) => body["request_id"] === id);
      return found.length < 11 ? undefined : found;
    });
    const told = (path: string, leg: string) => mine.filter((one) => one.path === path && one.body["leg"] === leg).map(({ body }) => body["status"]);
    expect(told("/event", "a")).toEqual(["out_started", "out_ringing", "out_answered", "out_hangup"]);
    expect(told("/event", "b")).toEqual(["out_started", "out_ringing", "out_answered", "out_bridged", "out_hangup"]);
    expect([told("/cdr", "a"), told("/cdr", "b")]).toEqual([["answered"], ["answered"]]);
    expect(new Set(mine.map(({ body }) => body["sequence"]))).toEqual(new Set(mine.map((_, at) => at + 1)));
    expect(mine.every(({ body }) => body["extra_params"] === '{"order":7}' && body["appid"] === Number(app.appid))).toBe(true);
    expect(JSON.stringify(mine)).not.toContain(app.secret);
  });
});
