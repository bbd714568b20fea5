import { Agent, createServer, request } from "node:http";
import { text } from "node:stream/consumers";
import { app, startServerProcess } from "./server-process.ts";
import { figure, percentile, type Figure } from "./statistics.ts";

const RUNS = 5;
const CALLS = 300;
/** A call to a number that nothing leads to tells its start, its end and its record. */
const EVENTS_PER_CALL = 3;
const PACED_CALLS = 40;
const PAUSE_MS = 50;

const to = 919_000_000_001;
const body = JSON.stringify({ ...app, from: 918_000_000_000, to, pcmo: [{ action: "hangup" }] });

/** How many events a second become durable, each with the change it tells, over the API and on one core. */
export async function outboxRate(): Promise<readonly Figure[]> {
  const server = await startServerProcess({ under: process.platform === "linux" ? ["taskset", "-c", "0"] : [] });
  const client = createClient(server.url);
  const rates: number[] = [];
  try {
    let cursor = 0;
    for (let run = 0; run <= RUNS; run++) {
      const startMs = performance.now();
      await Promise.all(Array.from({ length: CALLS }, () => client.place()));
      cursor = await client.eventsBeyond(cursor, CALLS * EVENTS_PER_CALL);
      // The first run warms everything up.
      if (run > 0) rates.push((CALLS * EVENTS_PER_CALL * 1000) / (performance.now() - startMs));
    }
  } finally {
    client.close();
    await server.close();
  }
  return [figure("Outbox: events made durable, with their calls, on one core", "/s", rates, { is: "at least", value: 500 })];
}

/** From the moment that an event tells of to its arrival at a receiver that answers at once. */
export async function webhookLag(): Promise<readonly Figure[]> {
  const lags: number[] = [];
  const receiver = createServer((incoming, response) => {
    const arrivedMs = performance.timeOrigin + performance.now();
    void text(incoming).then((raw) => {
      const told: { readonly type?: string; readonly time?: number } = JSON.parse(raw);
      if (told.type === "event" && told.time !== undefined) lags.push(arrivedMs - told.time);
      response.writeHead(204).end();
    });
  });
  await new Promise<void>((resolve) => receiver.listen(0, "127.0.0.1", resolve));
  const address = receiver.address();
  const url = `http://127.0.0.1:${typeof address === "object" && address ? address.port : 0}/`;
  const server = await startServerProcess({ config: { apps: [{ ...app, event_url: url, cdr_url: url }] } });
  const client = createClient(server.url);
  const runs: number[][] = [];
  try {
    let cursor = 0;
    for (let run = 0; run <= RUNS; run++) {
      lags.length = 0;
      for (let count = 0; count < PACED_CALLS; count++) {
        await client.place();
        await pause(PAUSE_MS);
      }
      cursor = await client.eventsBeyond(cursor, PACED_CALLS * EVENTS_PER_CALL);
      await pause(PAUSE_MS * 4);
      if (run > 0) runs.push([...lags]);
    }
  } finally {
    client.close();
    await server.close();
    receiver.closeAllConnections();
    receiver.close();
  }
  return [figure("Webhook: event to its receiver, p95", "ms", runs.map((run) => percentile(run, 0.95)), { is: "at most", value: 50 })];
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

function createClient(url: string) {
  const agent = new Agent({ keepAlive: true, maxSockets: 32 });
  const authorization = `Basic ${Buffer.from(`${app.appid}:${app.secret}`).toString("base64")}`;
  const send = (path: string, posted?: string): Promise<string> =>
    new Promise((resolve, reject) => {
      const headers = { authorization, ...(posted === undefined ? {} : { "content-type": "application/json" }) };
      const outgoing = request(`${url}${path}`, { agent, method: posted === undefined ? "GET" : "POST", headers }, (response) => {
        text(response).then((read) => (response.statusCode === 200 ? resolve(read) : reject(new Error(`${path} answered ${response.statusCode}`))), reject);
      });
      outgoing.on("error", reject).end(posted);
    });
  return {
    place: () => send("/v2/global_pcmo_make_call", body),
    /** The cursor behind `count` events more, once they are there. */
    async eventsBeyond(after: number, count: number): Promise<number> {
      let cursor = after;
      for (let left = count; left > 0; ) {
        const page: { readonly events: readonly unknown[]; readonly next: number } = JSON.parse(await send(`/events?after=${cursor}`));
        left -= page.events.length;
        cursor = page.next;
      }
      return cursor;
    },
    close: () => agent.destroy(),
  };
}
