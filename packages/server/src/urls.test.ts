import { createServer, type Server } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { app, host, startReceiver, startWorld, toneWav, until, type CallRecord, type Receiver, type World } from "./server-world.test.support.ts";

// A server that can be reached from outside does not lend its place in the network to whoever writes a flow.

const NUMBER = "15550888";

let inside: Receiver;
let sockets: Server;
let connections = 0;
let port = 0;
let strict: World;
let open: World;
const beyond = (data: object = {}) => ({ media: { host: "0.0.0.0", ports: [0, 0], advertise: host }, ...data });

beforeAll(async () => {
  inside = await startReceiver(() => ({ body: JSON.stringify([{ action: "hangup" }]) }));
  // Whatever connects is counted, whether or not it says anything.
  sockets = createServer((socket) => {
    connections += 1;
    socket.destroy();
  });
  await new Promise<void>((resolve) => sockets.listen(0, host, resolve));
  const address = sockets.address();
  port = typeof address === "object" && address ? address.port : 0;
  const webhooks = { apps: [{ ...app, event_url: url("127.0.0.1"), cdr_url: url("localhost") }] };
  strict = await startWorld({
    phones: 20, config: beyond({ ...webhooks, numbers: [{ number: NUMBER, answer_url: url("127.0.0.1"), fallback_url: url("[::ffff:127.0.0.1]") }] }),
  });
  await strict.media("tone.wav", toneWav(440, 400));
  open = await startWorld({ phones: 2, config: beyond({ urls: { allow: [host] }, apps: [{ ...app, event_url: `${inside.url}/events` }] }) });
});
afterAll(async () => {
  await strict.close();
  await open.close();
  await inside.close();
  await new Promise((resolve) => sockets.close(resolve));
});

const url = (name: string, scheme = "http") => `${scheme}://${name}:${port}/x`;
const told = ({ timeline }: CallRecord) => JSON.stringify(timeline.map(({ type, data }) => ({ type, ...data })));

async function performed(pcmo: readonly unknown[]): Promise<CallRecord> {
  const phone = await strict.phone();
  const [, id] = await Promise.all([phone.nextCall(), strict.call(phone.username, pcmo)]);
  return await strict.ended(id);
}

describe("beyond loopback, nothing inside is connected to", () => {
  const hosts = [
    "127.0.0.1", "localhost", "2130706433", "0x7f.1", "0177.0.0.1", "127.1", "[::1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[64:ff9b::7f00:1]",
    "10.0.0.1", "169.254.169.254",
  ];
  it("by file_url, however the host is written", async () => {
    const record = await performed([...hosts.map((name) => ({ action: "play", file_url: url(name) })), { action: "hangup" }]);
    const failed = record.timeline.filter(({ data }) => data?.["code"] === "fetch_refused");
    expect(failed).toHaveLength(hosts.length);
    expect(connections).toBe(0);
  });

  it.each([
    ["action_url", [{ action: "input", action_url: "http://127.0.0.1", timeout: 1, on_no_input: "post" }]],
    ["ws_url", [{ action: "stream", ws_url: "ws://localhost" }, { action: "play", file_name: "tone.wav" }]],
    ["standby_url", [{ action: "stream", ws_url: "ws://[::1]", standby_url: "ws://127.0.0.1" }, { action: "play", file_name: "tone.wav" }]],
  ])("by %s", async (_, flow) => {
    const here = JSON.stringify(flow).replaceAll(/(127\.0\.0\.1|localhost|\[::1\])"/g, (text) => `${text.slice(0, -1)}:${port}/x"`);
    const pcmo: readonly unknown[] = JSON.parse(here);
    expect(told(await performed(pcmo))).toContain("fetch_refused");
    expect(connections).toBe(0);
  });

  it("by answer_url of a call", async () => {
    const phone = await strict.phone();
    const { body } = await strict.post("/v1/make_call", JSON.stringify({ appid: Number(app.appid), secret: app.secret, from: 918000000000, to: phone.username, answer_url: url("127.0.0.1") }));
    expect(told(await strict.ended(body.request_id ?? ""))).toContain("fetch_refused");
    expect(connections).toBe(0);
  });

  it("by answer_url and fallback_url of a number", async () => {
    const phone = await strict.phone();
    await phone.call(NUMBER).catch(() => undefined);
    const record = await until("its record", async () => {
      const { calls }: { calls: readonly { readonly call_id: string }[] } = JSON.parse(await (await strict.get(`/calls?to=${NUMBER}`)).text());
      const [first] = calls;
      return first && (await strict.ended(first.call_id));
    });
    expect(told(record).split("fetch_refused").length - 1).toBe(2);
    expect(connections).toBe(0);
  });

  it("by transfer_url", async () => {
    const phone = await strict.phone();
    const ringing = phone.nextCall();
    const id = await strict.call(phone.username, [{ action: "input", action_url: "https://example.com/", timeout: 30 }]);
    const call = await ringing;
    const { status } = await strict.post("/v1/call/action", JSON.stringify({ ...app, cmiuuid: id, action: "transfer", transfer_url: url("localhost") }));
    expect(status).toBe(200);
    await until("the refusal", async () => (told(await strict.record(id)).includes("fetch_refused") ? true : undefined));
    await call.hangup();
    expect(connections).toBe(0);
  });

  it("by webhooks, whose deliveries say why", async () => {
    await performed([{ action: "hangup" }]);
    const tried = await until("an attempt", async () => {
      const { calls }: { calls: readonly { readonly call_id: string }[] } = JSON.parse(await (await strict.get("/calls?limit=1")).text());
      const text = await (await strict.get(`/calls/${calls[0]?.call_id}`)).text();
      return text.includes("fetch_refused") ? text : undefined;
    });
    expect(tried).toContain('"error":"fetch_refused"');
    expect(connections).toBe(0);
  });
});

it("what urls.allow lists is connected to", async () => {
  const phone = await open.phone();
  const [, id] = await Promise.all([phone.nextCall(), open.call(phone.username, [{ action: "input", action_url: `${inside.url}/keys`, timeout: 1, on_no_input: "post" }])]);
  await open.ended(id);
  expect(inside.received.map(({ path }) => path)).toEqual(expect.arrayContaining(["/keys", "/events"]));
});
