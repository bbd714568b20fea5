import { createSocket } from "node:dgram";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { utf8 } from "./base/index.ts";
import type { Phone, PhoneCall } from "./phone/index.ts";
import { bytesOf, countGarbage, mediaPortTowards, noise, overTcp, overUdp, rawRequest } from "./raw-sip.test.support.ts";
import {
  app, callerId, heardMs, host, longestGapMs, startReceiver, startWorld, toneWav, type CallRecord, type Receiver, type World,
} from "./server-world.test.support.ts";

// Whatever is sent here, one call goes on from the first test to the last, and its party hears a tone without a gap.
const tones = { steady: 440, after: 880, mine: 1300 } as const;
const after = { action: "play", file_name: "after.wav" };
const long = { action: "play", file_name: "steady.wav" };

let world: World;
let files: Receiver;
let undisturbed: { readonly id: string; readonly call: PhoneCall };

beforeAll(async () => {
  files = await startReceiver(({ path }) => answers[path] ?? { status: 404, type: "text/plain", body: "nothing here" });
  world = await startWorld({ phones: 40, workers: 1, phoneWorkers: 1 });
  await Promise.all([
    world.media("steady.wav", toneWav(tones.steady, 60_000)),
    world.media("after.wav", toneWav(tones.after, 500)),
    world.media("text.wav", utf8("This is no audio, whatever its name says.")),
    world.media("cut.wav", toneWav(tones.after, 500).slice(0, 30)),
    world.media("empty.wav", new Uint8Array()),
  ]);
  const phone = await world.phone();
  const picksUp = phone.nextCall();
  const id = await world.call(phone.username, [long]);
  undisturbed = { id, call: await picksUp };
  await undisturbed.call.hears(tones.steady);
});
afterAll(async () => {
  await world.close();
  await files.close();
});

const answers: Readonly<Record<string, { readonly status?: number; readonly type?: string; readonly body?: string | Uint8Array }>> = {
  "/page.wav": { type: "audio/wav", body: "<!doctype html><title>Not found</title>" },
  "/broken.wav": { status: 500, type: "text/plain", body: "broken" },
  "/digits/500": { status: 500, body: "[]" },
  "/digits/text": { type: "text/html", body: "<p>thank you" },
  "/digits/wrong": { body: JSON.stringify([{ action: "speak" }]) },
};

/** A frame or two may be missing where the machine has kept a media thread waiting for longer than a jitter buffer waits. */
const tolerableMs = async (): Promise<number> => 40 + (await world.lateMs());

const entry = (record: CallRecord, type: string) => record.timeline.find((one) => one.type === type);

describe("a request over HTTP", () => {
  const good = { ...app, from: callerId, to: "919199999999", pcmo: [after] };
  const flow = (...pcmo: readonly unknown[]) => JSON.stringify({ ...good, pcmo });
  const but = (fields: Readonly<Record<string, unknown>>) => JSON.stringify({ ...good, ...fields });
  const json = { "content-type": "application/json" };
  const field = (path: string, message: RegExp) => ({ errors: [{ path, message: expect.stringMatching(message) }] });

  it.each<[string, string, Readonly<Record<string, string>>, number, Readonly<Record<string, unknown>>]>([
    ["that is no JSON", "{\"appid\": 1,", json, 400, { code: 400, message: expect.stringMatching(/^The body is not JSON/) }],
    ["with an empty body", "", json, 400, { code: 400 }],
    ["that is a list", "[]", json, 422, field("", /must be an object/)],
    ["that is a form", "appid=1", { "content-type": "application/x-www-form-urlencoded" }, 415, { code: 415, message: expect.stringContaining("application/json") }],
    ["that is larger than the limit", but({ extra: "x".repeat(1_100_000) }), json, 413, { code: 413, message: "The body is larger than 1024 KiB." }],
    ["of an unknown app", but({ appid: 111 }), json, 401, { code: 420, message: "The appid or the secret is wrong." }],
    ["with a wrong secret", but({ secret: "guess" }), json, 401, { code: 420, message: "The appid or the secret is wrong." }],
    ["without a secret", but({ secret: undefined }), json, 422, field("/secret", /is missing; must be text/)],
    ["without anybody to call", but({ to: undefined }), json, 422, field("/to", /is missing; must be a phone number/)],
    ["to a word", but({ to: "nobody" }), json, 422, field("/to", /must be a phone number of 3 to 15 digits/)],
    ["from a list", but({ from: [1] }), json, 422, field("/from", /must be a phone number .* got a list/)],
    ["with text for a flow", but({ pcmo: "play" }), json, 422, field("/pcmo", /must be a list of actions; got text/)],
    ["with an empty flow", flow(), json, 422, field("/pcmo", /at least one action/)],
    ["with an unknown action", flow(after, { action: "paly" }), json, 422, field("/pcmo/1/action", /did you mean "play"/)],
    ["with a number for an action", flow(7), json, 422, field("/pcmo/0", /must be an object/)],
    ["with a field of the wrong type", flow({ action: "speak", text: { a: 1 } }), json, 422, field("/pcmo/0/text", /must be text/)],
    ["with a file outside the folder", flow({ action: "play", file_name: "../piopiy.db" }), json, 422, field("/pcmo/0/file_name", /./)],
    ["with an address that is no URL", flow({ action: "input", action_url: "file:///etc/passwd" }), json, 422, field("/pcmo/0/action_url", /http:\/\/ or https:\/\//)],
    ["with a time that is too long", but({ timeout: 601 }), json, 422, field("/timeout", /from 1 to 600/)],
  ])("%s is refused", async (_, body, headers, http, expected) => {
    const reply = await world.post("/v2/global_pcmo_make_call", body, headers);
    expect(reply.status).toBe(http);
    expect(reply.body).toMatchObject({ code: http, cmi_code: reply.body.code, message: expect.any(String), ...expected });
    for (const { path } of reply.body.errors ?? []) expect(reply.body.message).toContain(path);
    expect(JSON.stringify(reply.body)).not.toMatch(new RegExp(`${app.secret}|guess|919199999999|passwd`));
  });

  it.each<[string, Readonly<Record<string, unknown>>, number, Readonly<Record<string, unknown>>]>([
    ["an unknown call", { ...app, cmiuuid: "nobody-knows", action: "hangup" }, 404, { message: "There is no such call, or it has ended." }],
    ["an unknown action", { ...app, cmiuuid: "x", action: "explode" }, 422, field("/action", /must be "hangup"/)],
    ["a transfer without an address", { ...app, cmiuuid: "x", action: "transfer" }, 422, field("/transfer_url", /is missing/)],
    ["another app's name", { ...app, appid: 1, cmiuuid: "x", action: "hangup" }, 401, { code: 420 }],
  ])("for %s is refused", async (_, fields, http, expected) => {
    const reply = await world.post("/v1/call/action", JSON.stringify(fields));
    expect(reply).toMatchObject({ status: http, body: { code: http, ...expected } });
  });

  it.each([
    ["GET", "/nothing", 404], ["GET", "/calls", 401], ["GET", "/calls/x", 401], ["GET", "/recordings/x", 401], ["DELETE", "/calls", 404],
  ])("%s %s without credentials gets a status and a body that says why", async (method, path, status) => {
    const response = await fetch(`${world.server.url}${path}`, { method });
    expect(response.status).toBe(status);
    expect(await response.json()).toEqual({ code: status, cmi_code: status, message: expect.any(String) });
  });
});

describe.concurrent("a call to", () => {
  const busy = () => world.phone({ answering: { do: "busy" } });
  const named = async (phone: Promise<Phone>) => (await phone).username;

  it.each<[string, () => Promise<string>, string, Readonly<Record<string, unknown>>]>([
    ["a number to which nothing leads", () => Promise.resolve("14155550100"), "unreachable", { who: "us" }],
    ["a phone that is not registered", () => Promise.resolve(world.unregistered()), "unreachable", { who: "peer" }],
    ["an address where nobody listens", () => Promise.resolve("sip:nobody@127.0.0.1:9;transport=tcp"), "unreachable", { who: "network" }],
    ["a phone that never answers", () => named(world.phone({ answering: { do: "ring" } })), "no_answer", { who: "us" }],
    ["a busy phone", () => named(busy()), "busy", { who: "peer", sipStatus: 486 }],
    ["a phone that declines", () => named(world.phone({ answering: { do: "reject" } })), "rejected", { who: "peer", sipStatus: 603 }],
  ])("%s ends with its cause, told by timeline, leg and call", async (_, party, cause, data) => {
    const record = await world.ended(await world.call(await party(), [after], { timeout: 1 }));
    expect(record).toMatchObject({ cause, legs: [{ leg: "a", status: "ended", cause, ended_by: data["who"] }] });
    expect(entry(record, "leg.ended")?.data).toMatchObject({ round: 1, reason: cause, ...data });
    expect(record.timeline.some(({ type }) => type === "flow.started")).toBe(false);
    expect(record.timeline.at(-1)).toMatchObject({ type: "call.ended", data: { reason: cause } });
  });
});

/** Calls a phone, which hears the tone behind the action that fails; the entry of the timeline that says so. */
async function failing(action: Readonly<Record<string, unknown>>, type: string, press?: string) {
  const phone = await world.phone();
  const picksUp = phone.nextCall();
  const id = await world.call(phone.username, [action, after]);
  const call = await picksUp;
  if (press !== undefined) await call.press(press);
  await call.ended;
  expect(heardMs(call.heard().spans(Object.values(tones)), tones.after)).toBeGreaterThan(100);
  const record = await world.ended(id);
  expect(record.cause).toBe("completed");
  return entry(record, type);
}

describe.concurrent("a flow goes on after", () => {
  it.each<[string, () => Readonly<Record<string, unknown>>, string, RegExp]>([
    ["a file that is no audio", () => ({ file_name: "text.wav" }), "bad_audio", /WAV|MP3|audio/],
    ["a file that was cut off in its header", () => ({ file_name: "cut.wav" }), "bad_audio", /WAV/],
    ["an empty file", () => ({ file_name: "empty.wav" }), "bad_audio", /./],
    ["a file that is missing", () => ({ file_name: "missing.wav" }), "bad_audio", /no file of this name in the media folder.*Put it there/],
    ["an address with nothing", () => ({ file_url: `${files.url}/nothing.wav` }), "fetch_failed", /answered with HTTP 404/],
    ["an address that is broken", () => ({ file_url: `${files.url}/broken.wav` }), "fetch_failed", /answered with HTTP 500/],
    ["an address with a web page", () => ({ file_url: `${files.url}/page.wav` }), "bad_audio", /WAV|MP3|audio/],
    ["an address where nobody listens", () => ({ file_url: "http://127.0.0.1:9/x.wav" }), "fetch_failed", /./],
    ["a host that does not exist", () => ({ file_url: "http://nowhere.invalid/x.wav" }), "fetch_failed", /cannot be resolved/],
    ["a reserved address", () => ({ file_url: "http://169.254.1.1/x.wav" }), "fetch_refused", /private or reserved/],
  ])("%s", async (_, file, code, message) => {
    expect(await failing({ action: "play", ...file() }, "action.failed")).toMatchObject({
      action_index: 0, data: { action: "play", code, message: expect.stringMatching(message), next: "next_action" },
    });
  });

  it.each<[string, string, Readonly<Record<string, unknown>>]>([
    ["status 500", "/digits/500", { status: 500, code: "callback_status" }],
    ["no JSON", "/digits/text", { status: 200, code: "malformed_json" }],
    ["a flow that is wrong", "/digits/wrong", { code: "invalid_request", errors: [{ path: "/0/text" }] }],
  ])("a webhook that answers with %s", async (_, path, expected) => {
    const action = { action: "input", action_url: `${files.url}${path}`, max_digit: 1, timeout: 5 };
    expect(await failing(action, "callback.failed", "1")).toMatchObject({ action_index: 0, data: { ...expected, message: expect.any(String), next: "next_action" } });
  });

  it("a webhook that cannot be reached", async () => {
    const action = { action: "input", action_url: "http://127.0.0.1:9/", max_digit: 1, timeout: 5 };
    expect(await failing(action, "callback.failed", "1")).toMatchObject({ data: { code: "fetch_failed", next: "next_action" } });
  });
});

describe("a datagram to the SIP port", () => {
  const udp = (method: string, changes: Readonly<Record<string, string | undefined>> = {}, body = "", uri?: string) =>
    (port: number) => rawRequest(method, { transport: "udp", port, ...(uri === undefined ? {} : { uri }) }, changes, body);

  // What is answered, and whether it counts as something that is no SIP.
  it.each<[string, (port: number) => string | Uint8Array, readonly number[], boolean]>([
    ["of noise", () => noise(1200), [], true],
    ["of zeros", () => new Uint8Array(1200), [], true],
    ["of nothing", () => new Uint8Array(), [], false],
    ["of another protocol", () => "GET / HTTP/1.1\r\nHost: x\r\n\r\n", [], true],
    ["that is as large as one can be", () => noise(65_000, 7), [], true],
    ["that is cut in its headers", (port) => udp("INVITE")(port).slice(0, -30), [400], true],
    ["with a body that is shorter than told", udp("INVITE", { "Content-Length": "500" }, "v=0\r\n"), [400], true],
    ["with a length that is no number", udp("INVITE", { "Content-Length": "-7" }), [400], true],
    ["without CSeq", udp("INVITE", { CSeq: undefined }), [400], true],
    ["with a CSeq of another method", udp("INVITE", { CSeq: "1 BYE" }), [400], true],
    ["without Call-ID", udp("INVITE", { "Call-ID": undefined }), [400], true],
    ["with a From that is none", udp("INVITE", { From: "<<<>>;;;tag" }), [400], true],
    ["of another version of SIP", (port) => udp("INVITE")(port).replace("SIP/2.0\r\n", "SIP/7.0\r\n"), [505], true],
    ["with 300 headers", udp("OPTIONS", Object.fromEntries(Array.from({ length: 300 }, (_, at) => [`X-${at}`, "x"]))), [400], true],
    ["with a header of 60 kB", udp("OPTIONS", { Subject: "x".repeat(60_000) }), [200], false],
    ["with binary in a header", (port) => bytesOf(udp("OPTIONS", { Subject: "HERE" })(port).split("HERE")[0]!, noise(40, 3).filter((byte) => byte > 31), "\r\n\r\n"), [200], false],
    ["of an unknown method", udp("EXPLODE"), [501], false],
    ["to an address of another kind", udp("OPTIONS", {}, "", "mailto:x@example.com"), [416], false],
    ["that requires what nobody knows", udp("OPTIONS", { Require: "teleport" }), [420], false],
    ["for a dialog that is not there", udp("BYE", { To: "<sip:x@127.0.0.1>;tag=none" }), [481], false],
    ["that cancels nothing", udp("CANCEL"), [481], false],
    ["that is an ACK of nothing", udp("ACK"), [], false],
    ["that answers nothing", (port) => udp("INVITE")(port).replace(/^.*/, "SIP/2.0 200 OK"), [], false],
    ["that registers with garbage", udp("REGISTER", { Authorization: "Digest x=\"" }), [401], false],
    ["that calls with garbage for credentials", udp("INVITE", { Authorization: `Digest ${"=,".repeat(500)}` }, "no SDP"), [100, 401], false],
  ])("%s", async (_, datagram, statuses, isGarbage) => {
    const garbage = countGarbage();
    expect(await overUdp(world.server.sip[0]!, datagram)).toEqual(statuses);
    garbage.stop();
    expect(garbage.count()).toBe(isGarbage ? 1 : 0);
  });
});

describe("a stream to the SIP port", () => {
  const tcp = (port: number, changes: Readonly<Record<string, string | undefined>> = {}, body = "") => rawRequest("OPTIONS", { transport: "tcp", port }, changes, body);
  const good = async () => expect(await overTcp(world.server.sip[1]!, (port) => [tcp(port)], 1)).toEqual({ statuses: [200], closedBy: "us" });

  it.each<[string, (port: number) => readonly (string | Uint8Array)[], readonly number[]]>([
    ["of noise without an end", () => [noise(70_000)], []],
    ["of another protocol", () => ["GET / HTTP/1.1\r\nHost: x\r\n\r\n"], []],
    ["with a header without an end", (port) => [tcp(port).split("\r\n\r\n")[0]!, `\r\nSubject: ${"x".repeat(70_000)}`], [513]],
    ["without a length", (port) => [tcp(port, { "Content-Length": undefined })], [400]],
    ["with two lengths", (port) => [tcp(port, { "content-length": "5" }, "xx")], [400]],
    ["with a length beyond the limit", (port) => [tcp(port, { "Content-Length": "99999999" })], [413]],
    ["of a good request and then noise", (port) => [tcp(port), noise(70_000, 5)], [200]],
  ])("%s is closed by the server, and the next one is served", async (_, pieces, statuses) => {
    expect(await overTcp(world.server.sip[1]!, pieces)).toEqual({ statuses, closedBy: "server" });
    await good();
  });

  it("byte by byte is a message all the same", async () => {
    const pieces = (port: number) => tcp(port).split("");
    expect(await overTcp(world.server.sip[1]!, pieces, 1)).toEqual({ statuses: [200], closedBy: "us" });
  });
});

describe("a datagram to the media port of a call", () => {
  const rtp = (payloadType: number, payload: Uint8Array, first = 0x80) =>
    bytesOf(Uint8Array.of(first, payloadType, 0, 1, 0, 0, 0, 160, 0xba, 0xdb, 0xad, 0), payload);

  it("that is no RTP of the call is counted, and neither heard nor recorded", async () => {
    const phone = await world.phone();
    const [port, picksUp] = [mediaPortTowards(phone.username), phone.nextCall()];
    const id = await world.call(phone.username, [{ action: "record", channels: "stereo" }, long]);
    const call = await picksUp;
    call.sendTone(tones.mine);
    await call.hears(tones.steady);
    const before = await world.metric("piopiy_rtp_packets_invalid_total");
    const garbage = [
      new Uint8Array(), Uint8Array.of(0x80), noise(12), noise(1400, 9), rtp(0, noise(160), 0x40), rtp(97, noise(160)), rtp(0, noise(160), 0x8f),
      rtp(0, noise(160), 0xa0), rtp(0, new Uint8Array(), 0x90), rtp(101, Uint8Array.of(1)), Uint8Array.of(0x80, 200, 0xff, 0xff), utf8("OPTIONS sip:x SIP/2.0\r\n\r\n"),
    ];
    const socket = createSocket("udp4");
    const to = await port;
    const send = (bytes: Uint8Array) => new Promise((resolve) => socket.send(bytes, to, host, resolve));
    for (let round = 0; round < 20; round++) for (const bytes of garbage) await send(bytes);
    socket.close();
    await call.hears(tones.steady, 300);
    expect(await world.metric("piopiy_rtp_packets_invalid_total") - before).toBeGreaterThan(100);
    expect(await world.metric("piopiy_media_up")).toBe(1);
    await call.hangup();
    expect(longestGapMs(call.heard().samples, tones.steady)).toBeLessThanOrEqual(await tolerableMs());
    const record = await world.ended(id);
    const [said] = await world.recording(record);
    expect(longestGapMs(said!, tones.mine)).toBeLessThanOrEqual(await tolerableMs());
    expect([call.digits, record.cause]).toEqual(["", "completed"]);
    const media = record.timeline.find(({ type }) => type === "leg.media");
    expect(Number(media?.data?.["packetsInvalid"])).toBeGreaterThan(100);
  });
});

describe("the call that went on meanwhile", () => {
  it("was heard without a gap", async () => {
    const { call, id } = undisturbed;
    const { samples } = call.heard();
    expect(samples.length).toBeGreaterThan(2 * 8000);
    expect(longestGapMs(samples, tones.steady)).toBeLessThanOrEqual(await tolerableMs());
    expect((await world.record(id)).status).toBe("answered");
    await world.act(id);
    const record = await world.ended(id);
    expect(record).toMatchObject({ cause: "completed" });
    const rated = { lossPercent: expect.any(Number), jitterMs: expect.any(Number), rFactor: expect.any(Number), mos: expect.any(Number) };
    expect(entry(record, "leg.media")?.data).toMatchObject({ quality: { received: rated } });
    expect(await world.metric('piopiy_leg_mos_count{direction="received"}')).toBeGreaterThanOrEqual(1);
    expect(await (await world.get("/health")).json()).toMatchObject({ status: "ok", calls: 0 });
  });
});
