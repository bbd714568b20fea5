import { createServer, type RequestListener, type Server } from "node:http";
import { createServer as createSecureServer } from "node:https";
import { afterEach, describe, expect, it } from "vitest";
import { jsonPost, createHttpFetch } from "../adapters/index.ts";
import { PiopiyError, systemClock, VirtualClock, type Clock } from "../base/index.ts";
import { insertCall, insertEvent, openStore, readDeliveries, readEvents, type NewEvent, type Store } from "../store/index.ts";
import { createOutbox, signatureHeaders, type OutboxOptions, type PostWebhook } from "./index.ts";

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

async function world(options: Partial<OutboxOptions> & { readonly clock?: Clock } = {}) {
  const { clock = new VirtualClock() } = options;
  const store = await openStore({ file: ":memory:", clock });
  const posted: { readonly url: string; readonly body: unknown; readonly headers: Readonly<Record<string, string>> }[] = [];
  const post: PostWebhook = (url, body, signal, { headersOf }) => {
    posted.push({ url, body, headers: headersOf(JSON.stringify(body)) });
    return (options.post ?? (() => Promise.resolve({ status: 200 })))(url, body, signal, { headersOf, statusOnly: true });
  };
  const outbox = createOutbox({ store, secretsOf: () => ["secret"], ...options, clock, post });
  closing.push(() => store.close(), () => outbox.close());
  const put = (...events: readonly NewEvent[]) => store.write(async (db) => {
    for (const event of events) await insertEvent(db, event);
  });
  return { clock, store, posted, outbox, put };
}

const callRow = (id: string) => ({
  id, request_id: null, appid: "1", direction: "outbound", from: "1", to: "2", status: "queued", cause: null, created_ms: 0, started_ms: null,
  answered_ms: null, ended_ms: null, extra_params: null, flow: "[]", options: "{}",
}) as const;

async function calls(store: Store, ...ids: readonly string[]) {
  await store.write(async (db) => {
    for (const id of ids) await insertCall(db, callRow(id));
  });
}

const event = (callId: string, sequence: number, url: string, nowMs: number): NewEvent => ({
  event_id: `${callId}-${sequence}`, appid: "1", call_id: callId, leg_id: "leg", sequence, kind: "event", name: "started", ends: null, url,
  body: JSON.stringify({ n: sequence }), created_ms: nowMs,
});

const never = () => new Promise<never>(() => undefined);
const A = "http://a.example/x";
const B = "http://b.example/x";

describe("the outbox", () => {
  it("lets a receiver that hangs hold up nobody but itself, whatever waits for it", async () => {
    const hangs: PostWebhook = (url, _, signal) =>
      url === A ? new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason))) : Promise.resolve({ status: 200 });
    const { store, clock, outbox, put, posted } = await world({ post: hangs, perHost: 2 });
    const ids = Array.from({ length: 300 }, (_, index) => `call-${index}`);
    await calls(store, ...ids, "quick");
    await put(...ids.map((id) => event(id, 1, A, clock.now())), event("quick", 1, B, clock.now()));
    outbox.wake();
    await new Promise((resolve) => setImmediate(resolve));
    expect(posted.filter(({ url }) => url === B)).toHaveLength(1);
    expect(posted.filter(({ url }) => url === A)).toHaveLength(2);
  });

  it("sends again what nobody knows the outcome of, under the same id", async () => {
    const first = await world({ post: never });
    await calls(first.store, "c");
    await first.put(event("c", 1, A, 0), event("c", 2, A, 0));
    first.outbox.wake();
    await new Promise((resolve) => setImmediate(resolve));
    const second = createOutbox({ store: first.store, clock: first.clock, secretsOf: () => [], post: () => Promise.resolve({ status: 200 }) });
    second.wake();
    await second.idle();
    expect((await readEvents(first.store.db, "c")).map(({ state }) => state)).toEqual(["delivered", "delivered"]);
    await second.close();
  });

  it("does not count what a shutdown cuts off as an attempt", async () => {
    const { store, outbox, put, clock } = await world({ post: (_, __, signal) => new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason))) });
    await calls(store, "c");
    await put(event("c", 1, A, clock.now()));
    outbox.wake();
    await new Promise((resolve) => setImmediate(resolve));
    await outbox.close();
    expect(await readEvents(store.db, "c")).toMatchObject([{ state: "pending", attempts: 0 }]);
    expect(await readDeliveries(store.db, "c")).toEqual([]);
  });

  it("gives up at once what belongs to an app that is gone", async () => {
    const { store, outbox, put, posted, clock } = await world({ secretsOf: () => undefined });
    await calls(store, "c");
    await put(event("c", 1, A, clock.now()));
    outbox.wake();
    await outbox.idle();
    expect(posted).toEqual([]);
    expect(await readEvents(store.db, "c")).toMatchObject([{ state: "given_up" }]);
    expect(await readDeliveries(store.db, "c")).toMatchObject([{ error: "unknown_app", http: null }]);
  });

  it("forgets nothing that falls due while it looks", async () => {
    const virtual = new VirtualClock();
    let reads = 0;
    // Time passes between any two looks at it.
    const clock: Clock = { now: () => virtual.now() + (reads += 1), monotonicMs: () => virtual.monotonicMs(), setTimer: (ms, fire) => virtual.setTimer(ms, fire) };
    let answers = 0;
    const { store, outbox, put } = await world({ clock, retryAfterMs: [1, 1, 1, 1, 1, 1], post: () => Promise.resolve({ status: (answers += 1) < 5 ? 500 : 200 }) });
    await calls(store, "c");
    await put(event("c", 1, A, 0));
    outbox.wake();
    await virtual.advance(100);
    expect(await readEvents(store.db, "c")).toMatchObject([{ state: "delivered", attempts: 5 }]);
  });

  it("sends again, a second later, what could not be written down", async () => {
    const clock = new VirtualClock();
    const { store, put } = await world({ clock });
    await calls(store, "c");
    await put(event("c", 1, A, clock.now()));
    const sentAt: number[] = [];
    const write: Store["write"] = (work) => (sentAt.length < 3 ? Promise.reject(new PiopiyError("internal")) : store.write(work));
    const broken: Store = { ...store, write, writeSoon: (work) => store.writeSoon(work), refused: 0 };
    const post = () => {
      sentAt.push(clock.monotonicMs());
      return Promise.resolve({ status: 200 });
    };
    const outbox = createOutbox({ store: broken, clock, secretsOf: () => [], post });
    outbox.wake();
    await clock.advance(10_000);
    expect(sentAt).toEqual([0, 1000, 2000]);
    expect(await readEvents(store.db, "c")).toMatchObject([{ state: "delivered" }]);
    await outbox.close();
  });

  it("signs with every secret", () => {
    expect(signatureHeaders([], "x", 0)).toEqual({});
    expect(signatureHeaders(["a", "b"], '{"x":1}', 1_700_000_000_999)["piopiy-signature"]).toMatch(/^t=1700000000,v1=[0-9a-f]{64},v1=[0-9a-f]{64}$/);
  });
});

/** Signed by nobody but itself, until 2126. */
const selfSigned = {
  key: `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgO1xA+XeCmuKmevoG
y8Rlpnu31sI8QXcFKf4aeLT+0+yhRANCAASB+gfHuq3NDinOiIU+TCZf5iFw69Vy
/bjIBDEjkfXO8bG4hUwVzBEPMe3Ej6LFv0IcxVZ+HI9JH1Kmiib0J+xi
-----END PRIVATE KEY-----`,
  cert: `-----BEGIN CERTIFICATE-----
MIIBkDCCATagAwIBAgIUSfGhivmpMUIcskTNdcqu8o4KM1owCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJMTI3LjAuMC4xMCAXDTI2MTEyMjA5MTUzMVoYDzIxMjYxMDI5
MDkxNTMxWjAUMRIwEAYDVQQDDAkxMjcuMC4wLjEwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAASB+gfHuq3NDinOiIU+TCZf5iFw69Vy/bjIBDEjkfXO8bG4hUwVzBEP
Me3Ej6LFv0IcxVZ+HI9JH1Kmiib0J+xio2QwYjAdBgNVHQ4EFgQUgnJ0xjnWZ0JE
VvNFBOgY0IOsMQMwHwYDVR0jBBgwFoAUgnJ0xjnWZ0JEVvNFBOgY0IOsMQMwDwYD
VR0TAQH/BAUwAwEB/zAPBgNVHREECDAGhwR/AAABMAoGCCqGSM49BAMCA0gAMEUC
IGy6lnzwoUdBqBnWgXRT2qeRz+x3ASIIg3bFKhGh19vXAiEA2/D7qxDfIV0/jquO
ZjU2U1uMvlbznvnwliGCmI2FB/4=
-----END CERTIFICATE-----`,
};

describe("a receiver on a real socket that", () => {
  const cases: readonly [name: string, listener: RequestListener, http: number | null, error: string | null][] = [
    ["answers 204", (_, response) => response.writeHead(204).end(), 204, null],
    ["answers what is no JSON", (_, response) => response.end("got it"), 200, null],
    ["answers 10 MB", (_, response) => response.end(Buffer.alloc(10_000_000)), 200, null],
    ["answers 500", (_, response) => response.writeHead(500).end(), 500, null],
    ["redirects", (_, response) => response.writeHead(307, { location: "/elsewhere" }).end(), 307, null],
    ["breaks the connection", (request) => request.socket.destroy(), null, "fetch_failed"],
    ["says nothing", () => undefined, null, "fetch_failed"],
    ["begins to answer and stops", (_, response) => void response.writeHead(200, { "content-length": "10" }).write("1"), null, "fetch_failed"],
  ];
  it.each(cases)("%s", async (_, listener, http, error) => {
    const paths: string[] = [];
    const server = createServer((request, response) => {
      paths.push(request.url ?? "");
      request.resume();
      listener(request, response);
    });
    await deliveredTo("http", server, http, error);
    expect(paths).toEqual(["/hook"]);
  });

  it("proves itself by a certificate that nobody has signed", async () => {
    const paths: string[] = [];
    const server = createSecureServer(selfSigned, (request, response) => {
      paths.push(request.url ?? "");
      response.end();
    });
    await deliveredTo("https", server, null, "fetch_failed");
    expect(paths).toEqual([]);
  });

  async function deliveredTo(scheme: "http" | "https", server: Server, http: number | null, error: string | null) {
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    closing.push(() => {
      server.closeAllConnections();
      server.close();
    });
    const address = server.address();
    const url = `${scheme}://127.0.0.1:${typeof address === "object" && address ? address.port : 0}/hook`;
    const fetch = createHttpFetch({ allowPrivate: true, clock: systemClock });
    const { store, outbox, put } = await world({ clock: systemClock, post: (...sent) => jsonPost(fetch).post(...sent), timeoutMs: 300, retryAfterMs: [] });
    await calls(store, "c");
    await put(event("c", 1, url, systemClock.now()));
    outbox.wake();
    await outbox.idle();
    expect(await readDeliveries(store.db, "c")).toMatchObject([{ http, error }]);
    expect(await readEvents(store.db, "c")).toMatchObject([{ state: http === 204 || http === 200 ? "delivered" : "given_up" }]);
  }
});
