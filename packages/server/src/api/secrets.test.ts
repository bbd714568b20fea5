import * as fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { FastifyInstance, InjectOptions } from "fastify";
import { randomIds, VirtualClock } from "../base/index.ts";
import { createControl } from "../control/index.ts";
import { simAudio, simCallbacks, simDialler, simRecordings, simStreams } from "../simulator/index.ts";
import { openStore, type Store } from "../store/index.ts";
import { createApi, createLogger, logChannels } from "./index.ts";

// Whatever a client sends, and wherever: neither the answer nor the log says it again. These secrets are not configured
// anywhere, so nothing but care keeps them out.

const PLANT = "hunter2-";
let store: Store;
let api: FastifyInstance;
let unlog: () => void;
const lines: string[] = [];

beforeAll(async () => {
  const clock = new VirtualClock();
  store = await openStore({ file: ":memory:", clock });
  const apps = [{ appid: "1000", secret: "correct-horse" }];
  const control = createControl({
    store, clock, ids: randomIds, dialler: simDialler(clock, {}, []), audio: simAudio({}), callbacks: simCallbacks(clock, {}, []),
    recordings: simRecordings(clock, randomIds, []), streams: simStreams(clock, {}), recordingFile: (id) => id, apps, numbers: [], phones: [],
  });
  const logger = createLogger({ level: "trace", destination: { write: (line) => void lines.push(line) } });
  unlog = logChannels(logger);
  const rate = { app: 100_000, address: 100_000, bad_credentials: 10_000 };
  api = createApi({ store, control, apps, clock, ids: randomIds, version: "1", http: { rate }, logger });
});
afterAll(async () => {
  unlog();
  await api.close();
  await store.close();
});

const json = { "content-type": "application/json" };
const basic = (secret: string) => `Basic ${Buffer.from(`1000:${secret}`).toString("base64")}`;
const call = (more: object) => JSON.stringify({ appid: 1000, secret: "correct-horse", from: 1001, to: 1002, pcmo: [{ action: "hangup" }], ...more });
const MAKE = "/v2/ind_pcmo_make_call";

const requests: Readonly<Record<string, (secret: string) => InjectOptions>> = {
  "a wrong secret": (secret) => ({ method: "POST", url: MAKE, headers: json, payload: call({ secret }) }),
  "a secret that is no text": (secret) => ({ method: "POST", url: MAKE, headers: json, payload: call({ secret: [secret] }) }),
  "wrong basic credentials": (secret) => ({ url: "/calls", headers: { authorization: basic(secret) } }),
  "another scheme": (secret) => ({ url: "/calls", headers: { authorization: `Bearer ${secret}` } }),
  "the address": (secret) => ({ url: `/calls?token=${secret}&limit=${secret}`, headers: { authorization: basic("correct-horse") } }),
  "a path that is not there": (secret) => ({ url: `/${secret}` }),
  "an id": (secret) => ({ url: `/calls/${secret}`, headers: { authorization: basic("correct-horse") } }),
  "broken JSON": (secret) => ({ method: "POST", url: MAKE, headers: json, payload: `{"secret":"${secret}" oops` }),
  "another type": (secret) => ({ method: "POST", url: MAKE, headers: { "content-type": `text/${secret}` }, payload: secret }),
  "an unknown field": (secret) => ({ method: "POST", url: MAKE, headers: json, payload: call({ pcmo: [{ action: "speak", text: "x", api_key: secret }] }) }),
  "a wrong address": (secret) => ({ method: "POST", url: MAKE, headers: json, payload: call({ pcmo: [{ action: "play", file_url: `ftp://user:${secret}@host/` }] }) }),
  "a wrong number": (secret) => ({ method: "POST", url: MAKE, headers: json, payload: call({ to: secret }) }),
  "an idempotency key": (secret) => ({ method: "POST", url: MAKE, headers: { ...json, "idempotency-key": `${secret} \u007f` }, payload: call({}) }),
  "a request id": (secret) => ({ url: "/health", headers: { "x-request-id": `${secret} ` } }),
};

describe("what a client sends is told to nobody", () => {
  const names = Object.keys(requests);
  it("in no answer and in no line of the log", async () => {
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...names), fc.stringMatching(/^[A-Za-z0-9._~-]{8,40}$/), async (name, end) => {
        lines.length = 0;
        const secret = `${PLANT}${end}`;
        const response = await api.inject(requests[name]!(secret));
        expect(response.statusCode, name).not.toBe(500);
        const seen = [response.body, JSON.stringify(response.headers), ...lines].join("\n");
        expect(lines.length).toBeGreaterThan(0);
        expect(seen, name).not.toContain(PLANT);
        expect(seen, name).not.toContain(Buffer.from(`1000:${secret}`).toString("base64"));
      }),
      { seed: 7, numRuns: 300, examples: names.map((name): [string, string] => [name, "abcdefgh"]) },
    );
  });

  it("when something fails inside, either", async () => {
    const broken: Store = { ...store, write: () => Promise.reject(new Error("the database is gone")) };
    const clock = new VirtualClock();
    const control = createControl({
      store: broken, clock, ids: randomIds, dialler: simDialler(clock, {}, []), audio: simAudio({}), callbacks: simCallbacks(clock, {}, []),
      recordings: simRecordings(clock, randomIds, []), streams: simStreams(clock, {}), recordingFile: (id) => id, apps: [{ appid: "1000" }], numbers: [], phones: [],
    });
    const own: string[] = [];
    const logger = createLogger({ level: "trace", destination: { write: (line) => void own.push(line) } });
    const failing = createApi({ store: broken, control, apps: [{ appid: "1000", secret: "correct-horse" }], clock, ids: randomIds, version: "1", logger });
    const response = await failing.inject({ method: "POST", url: MAKE, headers: json, payload: call({ extra_params: { note: PLANT } }) });
    await failing.close();
    expect(response.statusCode).toBe(500);
    const seen = [response.body, ...own].join("\n");
    expect(own.join("")).toContain("the database is gone");
    expect(response.body).not.toContain("database");
    for (const secret of [PLANT, "correct-horse"]) expect(seen).not.toContain(secret);
  });
});
