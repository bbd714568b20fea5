import { createHash } from "node:crypto";
import { once } from "node:events";
import { request as httpsRequest } from "node:https";
import { connect, type Socket } from "node:net";
import { text } from "node:stream/consumers";
import type { FastifyInstance } from "fastify";
import { afterEach, describe, expect, it } from "vitest";
import { randomIds, VirtualClock } from "../base/index.ts";
import { createControl } from "../control/index.ts";
import { simAudio, simCallbacks, simDialler, simRecordings, simStreams } from "../simulator/index.ts";
import { openStore } from "../store/index.ts";
import { authority, server as certificate } from "../sip/transport/certificates.test.data.ts";
import { createApi, type HttpOptions } from "./index.ts";

// How the API is served, on real sockets where it is about sockets.

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

const digest = createHash("sha256").update("hashed-secret").digest("hex");
const apps = [{ appid: "1000", secret: "correct-horse" }, { appid: "2000", secret: "other" }, { appid: "3000", secret: `sha256:${digest}` }];

async function setup(http: HttpOptions = {}) {
  const clock = new VirtualClock();
  const store = await openStore({ file: ":memory:", clock });
  const control = createControl({
    store, clock, ids: randomIds, dialler: simDialler(clock, {}, []), audio: simAudio({}), callbacks: simCallbacks(clock, {}, []),
    recordings: simRecordings(clock, randomIds, []), streams: simStreams(clock, {}), recordingFile: (id) => id, apps, numbers: [], phones: [],
  });
  const api = createApi({ store, control, apps, clock, ids: randomIds, version: "1.2.3", http });
  closing.push(() => store.close(), () => api.close());
  return { api, clock };
}

async function listening(http: HttpOptions = {}): Promise<{ readonly port: number; readonly api: FastifyInstance }> {
  const { api } = await setup(http);
  await api.listen({ host: "127.0.0.1", port: 0 });
  const [address] = api.addresses();
  return { port: typeof address === "object" ? address.port : 0, api };
}

async function opened(port: number, first: string): Promise<Socket> {
  const socket = connect(port, "127.0.0.1");
  closing.push(() => socket.destroy());
  await once(socket, "connect");
  socket.write(first);
  return socket;
}

const basic = (appid: string, secret: string) => ({ authorization: `Basic ${Buffer.from(`${appid}:${secret}`).toString("base64")}` });
const ask = (api: FastifyInstance, url: string, { from = "192.0.2.1", headers = {} }: { readonly from?: string; readonly headers?: Record<string, string> } = {}) =>
  api.inject({ url, remoteAddress: from, headers });
const asApp = (api: FastifyInstance, appid: string, secret: string, from = "192.0.2.1") => ask(api, "/calls", { from, headers: basic(appid, secret) });

async function statuses(times: number, one: () => Promise<{ readonly statusCode: number }>): Promise<Readonly<Record<number, number>>> {
  const counted: Record<number, number> = {};
  for (let time = 0; time < times; time += 1) {
    const { statusCode } = await one();
    counted[statusCode] = (counted[statusCode] ?? 0) + 1;
  }
  return counted;
}

const rate = { app: 1000, address: 1000, bad_credentials: 1000 };

describe("rates", () => {
  it.each([
    ["of an address", { ...rate, address: 5 }, "/health", {}],
    ["of an app", { ...rate, app: 5 }, "/calls", basic("1000", "correct-horse")],
  ])("%s: twice as many at once, then so many a second, then 429 with Retry-After", async (_, own, url, headers) => {
    const { api, clock } = await setup({ rate: own });
    expect(await statuses(12, () => ask(api, url, { headers }))).toEqual({ 200: 10, 429: 2 });
    const refused = await ask(api, url, { headers });
    expect(refused.headers["retry-after"]).toBe("1");
    expect(refused.json()).toMatchObject({ code: 429, cmi_code: 429 });
    await clock.advance(1000);
    expect(await statuses(7, () => ask(api, url, { headers }))).toEqual({ 200: 5, 429: 2 });
  });

  it("count each address and each app by itself, and a network of IPv6 as one address", async () => {
    const { api } = await setup({ rate: { ...rate, address: 1, app: 2 } });
    expect(await statuses(3, () => ask(api, "/health"))).toEqual({ 200: 2, 429: 1 });
    expect(await statuses(3, () => ask(api, "/health", { from: "192.0.2.2" }))).toEqual({ 200: 2, 429: 1 });
    const sources = ["2001:db8::1", "2001:db8:0:0:ffff::2", "2001:db8::dead:beef"];
    expect(await statuses(3, () => ask(api, "/health", { from: sources.pop()! }))).toEqual({ 200: 2, 429: 1 });
    expect((await ask(api, "/health", { from: "2001:db8:0:1::1" })).statusCode).toBe(200);
    expect((await ask(api, "/health", { from: "::ffff:192.0.2.2" })).statusCode).toBe(429);
    for (const host of [11, 12, 13, 14]) await asApp(api, "1000", "correct-horse", `192.0.2.${host}`);
    expect((await asApp(api, "1000", "correct-horse", "192.0.2.15")).statusCode).toBe(429);
    expect((await asApp(api, "2000", "other", "192.0.2.16")).statusCode).toBe(200);
  });

  it("stop who guesses secrets: not even the right one is answered then, to that address only", async () => {
    const { api, clock } = await setup({ rate: { ...rate, bad_credentials: 6 } });
    let guess = 0;
    expect(await statuses(9, () => asApp(api, "1000", `guess-${(guess += 1)}`))).toEqual({ 401: 6, 429: 3 });
    const right = await asApp(api, "1000", "correct-horse");
    expect([right.statusCode, right.headers["retry-after"]]).toEqual([429, "10"]);
    const body = { appid: 1000, secret: "guess", from: 1001, to: 1002, pcmo: [] };
    const posted = await api.inject({ method: "POST", url: "/v1/pcmo_make_call", remoteAddress: "192.0.2.1", payload: body });
    expect(posted.statusCode).toBe(429);
    expect((await asApp(api, "1000", "correct-horse", "192.0.2.9")).statusCode).toBe(200);
    await clock.advance(10_000);
    expect((await asApp(api, "1000", "correct-horse")).statusCode).toBe(200);
    expect((await ask(api, "/metrics")).body).toContain('piopiy_http_refused_total{limit="bad_credentials"} 5');
  });

  it("count the address a trusted proxy tells, and nobody else's word", async () => {
    const forwarded = { "x-forwarded-for": "198.51.100.7" };
    const { api } = await setup({ rate: { ...rate, address: 1 }, proxies: ["10.0.0.0/8"] });
    await statuses(2, () => ask(api, "/health", { from: "10.0.0.1", headers: forwarded }));
    expect((await ask(api, "/health", { from: "10.0.0.2", headers: forwarded })).statusCode).toBe(429);
    expect((await ask(api, "/health", { from: "10.0.0.2", headers: { "x-forwarded-for": "198.51.100.8" } })).statusCode).toBe(200);
    await statuses(2, () => ask(api, "/health", { from: "192.0.2.3", headers: { "x-forwarded-for": "198.51.100.9" } }));
    expect((await ask(api, "/health", { from: "192.0.2.3", headers: { "x-forwarded-for": "198.51.100.10" } })).statusCode).toBe(429);
  });
});

describe("a secret that is configured as its hash", () => {
  it.each([["the secret itself", "hashed-secret", 200], ["the hash", `sha256:${digest}`, 401], ["the hash alone", digest, 401], ["nothing", "", 401]])("with %s: %s", async (_, secret, status) => {
    const { api } = await setup();
    expect((await asApp(api, "3000", secret)).statusCode).toBe(status);
  });

  it("an app that is not there has no secret at all", async () => {
    const { api } = await setup();
    for (const secret of ["", "\0".repeat(32), "correct-horse"]) expect((await asApp(api, "9999", secret)).statusCode).toBe(401);
  });
});

describe("every answer", () => {
  it.each([["/health", 200], ["/calls", 401], ["/nothing", 404]])("of %s tells browsers what not to do with it", async (url, status) => {
    const { api } = await setup();
    const { statusCode, headers } = await ask(api, url);
    expect(statusCode).toBe(status);
    expect(headers).toMatchObject({
      "x-content-type-options": "nosniff", "cache-control": "no-store", "content-security-policy": expect.stringContaining("default-src 'none'"),
      "referrer-policy": "no-referrer",
    });
    expect(headers).not.toHaveProperty("strict-transport-security");
    expect(headers).not.toHaveProperty("access-control-allow-origin");
  });
});

describe("bodies", () => {
  it("are as large as configured and no larger", async () => {
    const { api } = await setup({ bodyBytes: 16 * 1024 });
    const post = (length: number) => api.inject({ method: "POST", url: "/v1/call/action", payload: JSON.stringify("x".repeat(length - 2)), headers: { "content-type": "application/json" } });
    expect((await post(16 * 1024)).statusCode).toBe(422);
    const refused = await post(16 * 1024 + 1);
    expect([refused.statusCode, refused.json().message]).toEqual([413, "The body is larger than 16 KiB."]);
  });
});

describe("slow clients", () => {
  const times = { headersMs: 100, requestMs: 200, idleMs: 100, checkMs: 20 };
  it.each([
    ["who never finishes its headers", "GET /health HTTP/1.1\r\nhost: x\r\nx-slow: "],
    ["who never finishes its body", "POST /v1/call/action HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{"],
  ])("one %s is given up", async (_, first) => {
    const { port } = await listening({ times });
    const socket = await opened(port, first);
    expect(await text(socket)).toMatch(/^HTTP\/1\.1 408 /);
  });

  it("one address has its share of connections and no more, and gets it back", async () => {
    const { port } = await listening({ connectionsPerAddress: 2 });
    const idle = [await opened(port, ""), await opened(port, "")];
    const third = await opened(port, "GET /health HTTP/1.1\r\nhost: x\r\n\r\n");
    expect(await text(third).catch(() => "")).toBe("");
    for (const socket of idle) {
      socket.end();
      await once(socket.resume(), "close");
    }
    expect((await fetch(`http://127.0.0.1:${port}/health`)).status).toBe(200);
  });

  it("headers beyond their size are refused", async () => {
    const { port } = await listening({ times });
    const socket = await opened(port, `GET /health HTTP/1.1\r\nhost: x\r\nx-long: ${"x".repeat(20_000)}\r\n\r\n`);
    expect(await text(socket)).toMatch(/^HTTP\/1\.1 431 /);
  });
});

describe("over TLS", () => {
  it("answers, with a header that keeps clients to it, and nobody without TLS", async () => {
    const { port } = await listening({ certificate });
    const { status, headers, body } = await new Promise<{ status: number | undefined; headers: Record<string, unknown>; body: string }>((resolve, reject) => {
      const request = httpsRequest({ port, host: "127.0.0.1", path: "/health", ca: authority, checkServerIdentity: () => undefined }, (response) => {
        text(response).then((read) => resolve({ status: response.statusCode, headers: response.headers, body: read }), reject);
      });
      request.on("error", reject).end();
    });
    expect(status).toBe(200);
    expect(headers["strict-transport-security"]).toBe("max-age=31536000");
    expect(body).toContain('"status":"ok"');
    await expect(fetch(`http://127.0.0.1:${port}/health`)).rejects.toThrow();
  });
});
