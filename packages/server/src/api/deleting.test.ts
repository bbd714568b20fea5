import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { recordingDisk } from "../adapters/index.ts";
import { randomIds, VirtualClock } from "../base/index.ts";
import { createControl } from "../control/index.ts";
import { simAudio, simCallbacks, simDialler, simRecordings, simStreams } from "../simulator/index.ts";
import { openStore } from "../store/index.ts";
import { createApi, createLogger, logChannels } from "./index.ts";

const TO = "919000000001";
const HOOK = "http://hooks.example/";

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

/** Calls with recordings, whose files are real. */
async function world({ receiver = true } = {}) {
  const folder = mkdtempSync(join(tmpdir(), "piopiy-deleting-"));
  const clock = new VirtualClock();
  const store = await openStore({ file: ":memory:", clock });
  const recordingFile = (id: string) => join(folder, `${id}.wav`);
  const control = createControl({
    store, clock, ids: randomIds, dialler: simDialler(clock, { [TO]: [{ does: "answer" }] }, []), audio: simAudio({}),
    callbacks: simCallbacks(clock, receiver ? { [HOOK]: [{}] } : { [HOOK]: [{ fails: "fetch_failed" }] }, []),
    recordings: simRecordings(clock, randomIds, []), streams: simStreams(clock, {}), recordingFile, recordingDisk: recordingDisk(folder),
    apps: [{ appid: "1", event_url: HOOK }, { appid: "2" }], numbers: [], phones: [],
  });
  const lines: string[] = [];
  const unlog = logChannels(createLogger({ destination: { write: (line) => void lines.push(line) } }));
  const api = createApi({ store, control, apps: [{ appid: "1", secret: "one" }, { appid: "2", secret: "two" }], clock, ids: randomIds, version: "1" });
  closing.push(() => rmSync(folder, { recursive: true }), () => store.close(), () => api.close(), unlog);
  const send = async (method: "GET" | "DELETE" | "POST", url: string, { by = "1:one", payload }: { readonly by?: string; readonly payload?: object } = {}) => {
    const headers = { authorization: `Basic ${Buffer.from(by).toString("base64")}` };
    const response = await api.inject({ method, url, headers, ...(payload && { payload }) });
    return { status: response.statusCode, body: response.json() };
  };
  const call = async () => {
    const pcmo = [{ action: "record" }, { action: "speak", text: "x".repeat(400) }];
    const { body } = await send("POST", "/v2/global_pcmo_make_call", { payload: { appid: 1, secret: "one", from: 918000000001, to: TO, pcmo } });
    await clock.advance(3000);
    const { recordings } = (await send("GET", `/calls/${body.request_id}`)).body;
    const file = recordingFile(recordings[0].recording_id);
    writeFileSync(file, "audio");
    return { id: String(body.request_id), recording: `/recordings/${recordings[0].recording_id}`, file };
  };
  const metrics = async () => (await api.inject("/metrics")).body;
  return { clock, send, call, lines, metrics };
}

describe("DELETE", () => {
  it("/recordings/:id deletes the recording and its file, and the call stays", async () => {
    const { clock, send, call, metrics } = await world();
    const { id, recording, file } = await call();
    expect((await send("DELETE", recording)).status).toBe(409);
    await clock.advance(60_000);
    expect((await send("DELETE", recording, { by: "2:two" })).status).toBe(404);
    expect((await send("DELETE", recording, { by: "1:wrong" })).status).toBe(401);
    expect(existsSync(file)).toBe(true);
    expect(await send("DELETE", recording)).toEqual({ status: 200, body: { code: 200, cmi_code: 200, message: "deleted" } });
    expect(existsSync(file)).toBe(false);
    for (const method of ["GET", "DELETE"] as const) expect((await send(method, recording)).status).toBe(404);
    expect((await send("GET", `/calls/${id}`)).body).toMatchObject({ cause: "completed", recordings: [] });
    expect(await metrics()).toContain('piopiy_deleted_total{what="recordings"} 1');
  });

  it("/calls/:id deletes the call with all that belongs to it, and the log says how much", async () => {
    const { clock, send, call, lines } = await world();
    const { id, recording, file } = await call();
    expect(await send("DELETE", `/calls/${id}`)).toMatchObject({ status: 409, body: { code: 409, message: expect.stringContaining("not ended") } });
    await clock.advance(60_000);
    expect((await send("DELETE", `/calls/${id}`, { by: "2:two" })).status).toBe(404);
    expect((await send("DELETE", `/calls/${id}`)).status).toBe(200);
    expect(existsSync(file)).toBe(false);
    for (const url of [`/calls/${id}`, recording]) expect((await send("GET", url)).status).toBe(404);
    expect((await send("GET", "/events")).body.events).toEqual([]);
    expect(lines.map((line): object => JSON.parse(line)).filter((line) => "why" in line)).toMatchObject([{ msg: "deleted", why: "asked", calls: 1, recordings: 1 }]);
  });

  it("waits for webhooks: what a receiver has not taken yet stays until it is given up", async () => {
    const { clock, send, call } = await world({ receiver: false });
    const { id, recording } = await call();
    await clock.advance(60_000);
    for (const url of [`/calls/${id}`, recording]) expect((await send("DELETE", url)).status).toBe(409);
    // The attempts of one event after the other are over.
    await clock.advance(12 * 3_600_000);
    expect((await send("DELETE", recording)).status).toBe(200);
    expect((await send("DELETE", `/calls/${id}`)).status).toBe(200);
  });
});
