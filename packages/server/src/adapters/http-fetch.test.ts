import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { systemClock, text, utf8, VirtualClock } from "../base/index.ts";
import { jsonPost } from "./callbacks.ts";
import { createHttpFetch } from "./http-fetch.ts";

const never = new AbortController().signal;
const server = createServer((request, response) => routes[request.url!]?.(request, response));
const listen = (server: Server) => new Promise<number>((resolve) => {
  server.listen(0, "127.0.0.1", () => {
    const address = server.address();
    if (typeof address === "object" && address) resolve(address.port);
  });
});
let origin = "";
let port = 0;
const arrived: string[] = [];

const routes: Record<string, (request: IncomingMessage, response: ServerResponse) => void> = {
  "/hello": (request, response) => {
    arrived.push(`${request.method} ${request.headers.host} ${request.headers.authorization ?? "-"}`);
    response.writeHead(200, { "x-one": "1", "set-cookie": ["a=1", "b=2"] }).end("hello");
  },
  "/echo": (request, response) => {
    const parts: Buffer[] = [];
    request.on("data", (part: Buffer) => parts.push(part));
    request.on("end", () => response.writeHead(503).end(`${request.method} ${request.headers["content-type"]} ${Buffer.concat(parts).toString()}`));
  },
  "/loop": (_, response) => response.writeHead(302, { location: "/loop" }).end(),
  "/once": (_, response) => response.writeHead(301, { location: "/hello" }).end(),
  "/elsewhere": (_, response) => response.writeHead(302, { location: `http://elsewhere.example:${port}/hello` }).end(),
  "/inside": (_, response) => response.writeHead(302, { location: "http://169.254.169.254/latest" }).end(),
  "/file": (_, response) => response.writeHead(302, { location: "file:///etc/passwd" }).end(),
  "/large": (_, response) => response.end("x".repeat(2000)),
  "/endless": (_, response) => {
    const more = () => {
      while (response.write("x".repeat(1000)));
    };
    response.on("drain", more);
    more();
  },
  "/cut": (_, response) => response.writeHead(200, { "content-length": "100" }).write("x", () => response.destroy()),
  "/hang": (request) => void request.resume(),
};

beforeAll(async () => {
  port = await listen(server);
  origin = `http://127.0.0.1:${port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const local = createHttpFetch({ allowPrivate: true, clock: systemClock });
const outcome = (work: Promise<unknown>) => work.then(() => new Error("resolved"), (failure: Error) => failure);

describe("a request", () => {
  it("gives status, headers and body", async () => {
    const response = await local.request(`${origin}/hello`, {}, never);
    expect([response.status, text(response.body)]).toEqual([200, "hello"]);
    expect(response.headers).toMatchObject({ "x-one": "1", "set-cookie": "a=1, b=2" });
  });

  it("posts, and any status is a response", async () => {
    const headers = { "content-type": "text/plain" };
    const response = await local.request(`${origin}/echo`, { method: "POST", headers, body: utf8("body") }, never);
    expect([response.status, text(response.body)]).toEqual([503, "POST text/plain body"]);
  });

  it("follows a redirect of a GET, but not of a POST", async () => {
    expect(text((await local.request(`${origin}/once`, {}, never)).body)).toBe("hello");
    expect((await local.request(`${origin}/once`, { method: "POST" }, never)).status).toBe(301);
  });

  it("connects to the address that was checked, and keeps secrets from another host", async () => {
    const names: string[] = [];
    const resolve = (host: string) => {
      names.push(host);
      return Promise.resolve([{ address: "127.0.0.1", family: 4 }]);
    };
    const fetch = createHttpFetch({ allowPrivate: true, clock: systemClock, resolve });
    arrived.length = 0;
    await fetch.request(`http://first.example:${port}/elsewhere`, { headers: { Authorization: "secret" } }, never);
    await fetch.request(`http://first.example:${port}/once`, { headers: { Authorization: "secret" } }, never);
    // Looked up exactly once for each hop: there is no second answer to fall for.
    expect(names).toEqual(["first.example", "elsewhere.example", "first.example", "first.example"]);
    expect(arrived).toEqual([`GET elsewhere.example:${port} -`, `GET first.example:${port} secret`]);
  });
});

describe("refused with fetch_refused", () => {
  const strict = createHttpFetch({
    allowPrivate: false,
    clock: systemClock,
    resolve: (host) => Promise.resolve(host === "both.example" ? [{ address: "10.0.0.1", family: 4 }] : [{ address: "127.0.0.1", family: 4 }]),
  });
  it.each([
    "http://127.0.0.1/", "http://2130706433/", "http://0x7f.1/", "http://[::1]/", "http://[::ffff:127.0.0.1]/", "http://localhost/", "http://both.example/",
    "http://169.254.169.254/", "ftp://example.com/", "file:///etc/passwd", "javascript:1", "no url", "",
  ])("%s", async (url) => {
    const failure = await outcome(strict.request(url, {}, never));
    expect(failure).toMatchObject({ code: "fetch_refused" });
    expect(failure.message).not.toMatch(/127|169|example|passwd/);
  });

  it.each(["/inside", "/file"])("a redirect to where it may not go: %s", async (path) => {
    expect(await outcome(local.request(origin + path, {}, never))).toMatchObject({ code: "fetch_refused" });
  });

  it("but not what is listed", async () => {
    const listed = createHttpFetch({ allowPrivate: false, allow: ["127.0.0.0/8"], clock: systemClock });
    expect((await listed.request(`${origin}/hello`, {}, never)).status).toBe(200);
  });
});

describe("failed with fetch_failed", () => {
  const cases: readonly (readonly [string, string, string])[] = [
    ["redirects without end", "/loop", "3 times"],
    ["a body that is announced as too large", "/large", "1000 bytes"],
    ["a body that turns out to be too large", "/endless", "1000 bytes"],
    ["a body that is cut", "/cut", ""],
  ];
  it.each(cases)("%s", async (_, path, word) => {
    const failure = await outcome(local.request(origin + path, { maxBytes: 1000 }, never));
    expect(failure).toMatchObject({ code: "fetch_failed", message: expect.stringContaining(word) });
  });

  it("nobody listens", async () => {
    const closed = createServer();
    const free = await listen(closed);
    await new Promise((resolve) => closed.close(resolve));
    const failure = await outcome(local.request(`http://127.0.0.1:${free}/`, {}, never));
    expect(failure).toMatchObject({ code: "fetch_failed", message: expect.stringContaining("ECONNREFUSED") });
    expect(failure.message).not.toContain("127.0.0.1");
  });

  it("a name that does not resolve", async () => {
    const fetch = createHttpFetch({ allowPrivate: true, clock: systemClock, resolve: () => Promise.reject(new Error("ENOTFOUND secret.example")) });
    const failure = await outcome(fetch.request("http://secret.example/", {}, never));
    expect(failure).toMatchObject({ code: "fetch_failed" });
    expect(failure.message).not.toContain("secret");
  });

  it.each([["an address that never answers", "/hang"], ["a name lookup that never ends", undefined]])("%s", async (_, path) => {
    const clock = new VirtualClock();
    const resolve = () => new Promise<never>(() => undefined);
    const fetch = createHttpFetch({ allowPrivate: true, clock, ...(path ? {} : { resolve }) });
    const failure = outcome(fetch.request(path ? origin + path : "http://slow.example/", { timeoutMs: 3000 }, never));
    await clock.advance(2999);
    expect(clock.timers).toBe(1);
    await clock.advance(1);
    expect(await failure).toMatchObject({ code: "fetch_failed", message: expect.stringContaining("3000 ms") });
    expect(clock.timers).toBe(0);
  });
});

describe("an abort", () => {
  it("ends the request with its reason, before and during", async () => {
    const caller = new AbortController();
    const hanging = local.request(`${origin}/hang`, {}, caller.signal);
    caller.abort("hung up");
    await expect(hanging).rejects.toBe("hung up");
    await expect(local.request(`${origin}/hello`, {}, caller.signal)).rejects.toBe("hung up");
  });
});

describe("jsonPost", () => {
  it("posts JSON and gives the reply whatever its status", async () => {
    const reply = await jsonPost(local).post(`${origin}/echo`, { dtmf: "1", nested: [true] }, never);
    expect(reply).toEqual({ status: 503, body: 'POST application/json {"dtmf":"1","nested":[true]}' });
  });
});
