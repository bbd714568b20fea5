import { afterEach, describe, expect, it } from "vitest";
import { randomIds, VirtualClock } from "../base/index.ts";
import { createControl } from "../control/index.ts";
import { simAudio, simCallbacks, simDialler, simRecordings, simStreams, type SimLeg } from "../simulator/index.ts";
import { openStore } from "../store/index.ts";
import { createApi } from "./index.ts";

const TO = "919000000001";
const app = { appid: "1000", secret: "correct-horse" };
const basic = (appid: string, secret: string) => ({ authorization: `Basic ${Buffer.from(`${appid}:${secret}`).toString("base64")}` });
const own = basic(app.appid, app.secret);
const say = { action: "speak", text: "x".repeat(100) };

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

/** The API and a call that is up after two seconds. */
async function up() {
  const clock = new VirtualClock();
  const store = await openStore({ file: ":memory:", clock });
  const legs: SimLeg[] = [];
  const control = createControl({
    store, clock, ids: randomIds, dialler: simDialler(clock, { [TO]: [{ does: "answer" }] }, legs), audio: simAudio({ characterMs: 1000 }),
    callbacks: simCallbacks(clock, {}, []), recordings: simRecordings(clock, randomIds, []), streams: simStreams(clock, {}), recordingFile: (id) => id,
    apps: [app, { appid: "2000" }], numbers: [], phones: [],
  });
  const api = createApi({ store, control, apps: [app, { appid: "2000", secret: "other" }], clock, ids: randomIds, version: "1.2.3" });
  closing.push(() => store.close(), () => api.close());
  const post = async (url: string, body: object, headers: Readonly<Record<string, string>> = own) => {
    const response = await api.inject({ method: "POST", url, headers, payload: body });
    return [response.statusCode, response.json()] as const;
  };
  const [, { request_id: id }] = await post("/v2/global_pcmo_make_call", { ...app, from: 918000000001, to: TO, pcmo: [say] });
  await clock.advance(3000);
  const act = (action: string, more: object = {}) => post("/v1/call/action", { ...app, cmiuuid: id, action, ...more });
  return { api, clock, post, act, id, leg: legs[0]! };
}

describe("POST /v1/call/action", () => {
  it("holds, toggles and takes back", async () => {
    const { act, leg } = await up();
    const held: boolean[] = [];
    for (const action of ["hold", "hold", "holdToggle", "holdToggle", "unhold"]) {
      expect(await act(action)).toEqual([200, { code: 200, cmi_code: 200, message: `${action} accepted` }]);
      held.push(leg.control.held);
    }
    expect(held).toEqual([true, true, false, true, false]);
  });

  it("transfers to a flow in the body", async () => {
    const { act, clock, leg, post, id } = await up();
    expect(await act("transfer", { pcmo: [{ action: "hangup" }] })).toMatchObject([200, { message: "transfer accepted" }]);
    await clock.advance(100);
    expect(leg.signal.aborted).toBe(true);
    expect(await post("/v1/call/action", { ...app, cmiuuid: id, action: "hold" })).toMatchObject([404, { code: 404, cmi_code: 404, message: expect.stringMatching(/has ended/) }]);
  });

  it.each<[string, object, string]>([
    ["without an aim", {}, "/transfer_url"],
    ["to a wrong flow", { pcmo: [{ action: "dance" }] }, "/pcmo/0/action"],
  ])("refuses a transfer %s", async (_, more, path) => {
    const { act } = await up();
    expect(await act("transfer", more)).toMatchObject([422, { errors: [{ path }] }]);
  });
});

describe("POST /calls/:id/…", () => {
  it("flow puts another flow in place", async () => {
    const { post, clock, leg, id } = await up();
    expect(await post(`/calls/${id}/flow`, [{ action: "speak", text: "a" }])).toEqual([200, { code: 200, cmi_code: 200, message: "flow accepted" }]);
    expect(await post(`/calls/${leg.id}/flow`, { pcmo: [{ action: "speak", text: "ab" }] })).toMatchObject([200, {}]);
    await clock.advance(2500);
    expect(leg.heard.at(-1)).toMatchObject({ heardMs: 2000, complete: true });
  });

  it("dtmf presses keys", async () => {
    const { post, clock, leg, id } = await up();
    expect(await post(`/calls/${id}/dtmf`, { digits: "5#" })).toMatchObject([200, { message: "digits accepted" }]);
    await clock.advance(1000);
    expect(leg.control.sentDigits).toBe("5#");
  });

  it("mute mutes and takes back", async () => {
    const { post, leg, id } = await up();
    expect(await post(`/calls/${id}/mute`, {})).toMatchObject([200, { message: "muted" }]);
    expect(leg.control.muted).toBe(true);
    expect(await post(`/calls/${id}/mute`, { leg: "a", on: false })).toMatchObject([200, { message: "unmuted" }]);
    expect(leg.control.muted).toBe(false);
  });

  it.each<[string, string, object, number, string | undefined]>([
    ["no digits", "dtmf", {}, 422, "/digits"],
    ["letters for digits", "dtmf", { digits: "xyz" }, 422, "/digits"],
    ["no flow", "flow", {}, 422, "/pcmo"],
    ["an empty flow", "flow", [], 422, ""],
    ["a wrong flow", "flow", [{ action: "speak" }], 422, "/0/text"],
    ["a leg that is not there", "mute", { leg: "b" }, 404, undefined],
    ["a leg that cannot be", "mute", { leg: "second leg" }, 422, "/leg"],
  ])("refuses %s", async (_, what, body, status, path) => {
    const { post, id } = await up();
    const [code, reply] = await post(`/calls/${id}/${what}`, body);
    expect([code, reply.code, reply.errors?.[0]?.path]).toEqual([status, status, path]);
  });

  it.each(["flow", "dtmf", "mute"])("%s refuses wrong credentials and unknown calls, and another app's", async (what) => {
    const { post, id } = await up();
    const body = what === "flow" ? [say] : { digits: "1" };
    expect(await post(`/calls/${id}/${what}`, body, {})).toMatchObject([401, { code: 401 }]);
    expect(await post(`/calls/${id}/${what}`, body, basic("1000", "wrong"))).toMatchObject([401, { code: 401 }]);
    expect(await post(`/calls/${id}/${what}`, body, basic("2000", "other"))).toMatchObject([404, { message: expect.any(String) }]);
    expect(await post(`/calls/nobody/${what}`, body)).toMatchObject([404, { code: 404 }]);
  });

  it("refuses what is asked of a leg that rings", async () => {
    const { clock, post } = await up();
    const [, { request_id: second }] = await post("/v2/global_pcmo_make_call", { ...app, from: 918000000001, to: TO, pcmo: [say] });
    await clock.advance(100);
    expect(await post(`/calls/${second}/dtmf`, { digits: "1" })).toMatchObject([409, { code: 409, message: expect.stringMatching(/not up yet/) }]);
  });
});
