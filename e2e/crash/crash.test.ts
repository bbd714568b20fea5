import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseWav, sleep, systemClock } from "@piopiy/server";
import { RestClient, type CallDetail, type OutboxEvent, type PcmoAction } from "piopiy";
import { expect, it } from "vitest";
import { startProgram, until, type Cleanup } from "../running-program.ts";
import { startCarrier } from "./carrier.ts";
import { SECRETS, startReceiver, type Arrival } from "./receiver.ts";

const host = "127.0.0.1";
const cli = fileURLToPath(new URL("../../packages/server/dist/cli.js", import.meta.url));
const app = { appid: 7_654_321, secret: "the secret of the app" };
const caller = 918_000_000_000;
const first = 919_100_000_000;

const row = (from: number, count: number) => Array.from({ length: count }, (_, index) => first + from + index);
/** Twenty calls that are up or being dialled when the server dies, and three that wait for their turn. */
const to = { ringing: row(0, 5), recorded: row(10, 5), typing: row(20, 5), bridged: row(30, 5), waiting: row(40, 3), second: row(50, 5) };

const flows: Readonly<Record<"ringing" | "recorded" | "typing" | "waiting", readonly PcmoAction[]>> = {
  ringing: [{ action: "speak", text: "Hello." }],
  recorded: [{ action: "record", channels: "stereo" }, { action: "play", file_name: "missing.wav" }, { action: "record" }],
  typing: [{ action: "input", action_url: "http://127.0.0.1:9/", max_digit: 4, timeout: 60 }],
  waiting: [{ action: "hangup" }],
};

/** The server under test, as a process of its own; the same folder and the same configuration each time. */
async function serve(cleanup: Cleanup, config: string) {
  const program = startProgram(cleanup, process.execPath, [cli, "serve", "--config", config, "--log-level", "error"]);
  await program.says(/Ctrl-C again ends them/);
  const baseUrl = /REST API +(\S+)/.exec(program.output())?.[1] ?? "";
  return { program, baseUrl, client: new RestClient(app.appid, app.secret, { baseUrl }) };
}

const all = async <T>(list: AsyncIterable<T>): Promise<readonly T[]> => {
  const found: T[] = [];
  for await (const one of list) found.push(one);
  return found;
};

function byCall(arrivals: readonly Arrival[]): ReadonlyMap<string, readonly Arrival[]> {
  const calls = new Map<string, Arrival[]>();
  for (const arrival of arrivals) calls.set(arrival.requestId, [...(calls.get(arrival.requestId) ?? []), arrival]);
  return calls;
}

it("kill -9 in the middle of 20 calls loses nothing", async ({ onTestFinished }) => {
  const data = await mkdtemp(join(tmpdir(), "piopiy-crash-"));
  onTestFinished(() => rm(data, { recursive: true, force: true }));
  const receiver = await startReceiver();
  onTestFinished(() => receiver.close());
  const numbers = (list: readonly number[]) => list.map(String);
  const carrier = await startCarrier({
    answer: numbers([...to.recorded, ...to.typing, ...to.bridged, ...to.waiting, ...to.second]), ring: numbers(to.ringing),
  });
  onTestFinished(() => carrier.close());
  const config = join(data, "piopiy.config.json");
  const hooks = { event_url: `${receiver.url}/events`, cdr_url: `${receiver.url}/events`, webhook_secrets: SECRETS };
  await writeFile(config, JSON.stringify({
    http: { host, port: 0 }, sip: { host, udp: 0, tcp: false }, media: { host, ports: [0, 0] }, data: join(data, "data"),
    apps: [{ ...app, ...hooks, limits: { concurrent: 20, queue: 10 } }],
    trunks: [{ name: "carrier", host, port: carrier.port }],
    webhooks: { retry_after: [1, 1, 1, 1, 1, 1], per_host: 4 },
  }));

  // Before: twenty calls, and three more that were acknowledged.
  const before = await serve(onTestFinished, config);
  const place = async (called: number, flow: readonly PcmoAction[]) => (await before.client.voice.call(called, caller, flow, { timeout: 50 })).request_id;
  const bridge = (index: number): PcmoAction => ({ action: "bridge", from: caller, connect: [{ type: "pstn", number: to.second[index] ?? 0 }], record: true });
  const acknowledged = [
    ...(await Promise.all(to.ringing.map((called) => place(called, flows.ringing)))),
    ...(await Promise.all(to.recorded.map((called) => place(called, flows.recorded)))),
    ...(await Promise.all(to.typing.map((called) => place(called, flows.typing)))),
    ...(await Promise.all(to.bridged.map((called, index) => place(called, [bridge(index)])))),
  ];
  acknowledged.push(...(await Promise.all(to.waiting.map((called) => place(called, flows.waiting)))));
  await until("the state in which the server dies", async () => {
    const calls = await Promise.all(acknowledged.slice(0, 20).map((id) => before.client.calls.get(id)));
    const count = (status: string) => calls.filter((call) => call.status === status).length;
    const types = calls.flatMap(({ timeline }) => timeline.map(({ type }) => type));
    const of = (type: string) => types.filter((one) => one === type).length;
    return count("ringing") === 5 && count("answered") === 15 && of("recording.started") === 10 && of("bridge.started") === 5 ? true : undefined;
  });
  // Some audio for every recording.
  await sleep(systemClock, 2500);
  before.program.signal("SIGKILL");
  await before.program.exit();

  // After: the same folder.
  const after = await serve(onTestFinished, config);
  const events = await until("every event to be delivered", async () => {
    const calls = await all(after.client.calls.list());
    const told: readonly OutboxEvent[] = await all(after.client.events.list());
    const over = calls.length === acknowledged.length && calls.every(({ status }) => status === "ended");
    return over && told.every(({ state }) => state === "delivered") ? told : undefined;
  }, 30_000);
  const calls: readonly CallDetail[] = await Promise.all(acknowledged.map((id) => after.client.calls.get(id)));

  // Every call is closed, what was begun as interrupted; what waited was dialled then.
  expect(calls.slice(0, 20).map(({ cause }) => cause)).toEqual(Array.from({ length: 20 }, () => "interrupted"));
  expect(calls.slice(20).map(({ cause }) => cause)).toEqual(["completed", "completed", "completed"]);
  // Nobody was called twice.
  const called = await carrier.calls();
  expect(Object.fromEntries(called)).toEqual(Object.fromEntries(Object.values(to).flat().map((number) => [String(number), 1])));

  // Every event arrived, signed, in its order in its call; more than once only as a repetition.
  expect(receiver.refused).toBe(0);
  const arrivals = receiver.arrivals;
  expect(new Set(arrivals.map(({ eventId }) => eventId))).toEqual(new Set(events.map(({ event_id: id }) => id)));
  expect(arrivals.some(({ status }) => status === 500)).toBe(true);
  for (const [requestId, of] of byCall(arrivals)) {
    const fresh = of.filter((arrival, index) => of.findIndex(({ eventId }) => eventId === arrival.eventId) === index);
    expect(fresh.map(({ sequence }) => sequence), requestId).toEqual(fresh.map((_, index) => index + 1));
    for (const { eventId } of fresh) expect(new Set(of.filter((arrival) => arrival.eventId === eventId).map(({ raw }) => raw)).size).toBe(1);
  }
  // Every leg has its start, one end and one record; every call has at least one leg.
  for (const call of calls) {
    expect(call.legs.length, call.call_id).toBeGreaterThan(0);
    for (const { cmiuuid, status } of call.legs) {
      const told = new Map<string, string>(arrivals.filter((arrival) => arrival.cmiuuid === cmiuuid).map(({ eventId, what }) => [eventId, what]));
      const count = (what: string) => [...told.values()].filter((one) => one === what).length;
      expect([status, count("out_started"), count("out_hangup"), count("cdr")], call.call_id).toEqual(["ended", 1, 1, 1]);
    }
  }

  // Every recording is there as far as it went, and was told.
  const recordings = calls.flatMap((call) => call.recordings);
  expect(recordings).toHaveLength(10);
  for (const { recording_id: id, url, duration_ms: durationMs, status } of recordings) {
    expect([status, arrivals.filter(({ what, raw }) => what === "recording.completed" && raw.includes(id)).length > 0]).toEqual(["interrupted", true]);
    const authorization = `Basic ${Buffer.from(`${app.appid}:${app.secret}`).toString("base64")}`;
    const file = await fetch(`${after.baseUrl}${url}`, { headers: { authorization } });
    const { channels, sampleRateHz } = parseWav(new Uint8Array(await file.arrayBuffer()));
    const ms = ((channels[0]?.length ?? 0) * 1000) / sampleRateHz;
    expect(ms).toBeGreaterThan(1000);
    expect(Math.abs(ms - (durationMs ?? 0))).toBeLessThan(2);
  }
  after.program.signal("SIGINT");
  expect(await after.program.exit()).toBe(0);
});
