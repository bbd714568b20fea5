import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type IncomingMessage } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { vi } from "vitest";
import { dominantTone, FRAME_SAMPLES, parseWav, toneSamples, wavFile, type ToneSpan } from "./audio/index.ts";
import { randomIds, sleep, systemClock } from "./base/index.ts";
import { resolveConfig, type Config } from "./config/index.ts";
import { createMediaEngine } from "./media/index.ts";
import { createPhone, type Phone, type PhoneOptions } from "./phone/index.ts";
import { startServer, type RunningServer, type ServerOptions } from "./server.ts";

// What the tests of the composed server share: a server on real sockets, real phones, and the way to ask both.

// What is waited for says itself when that has been in vain; a machine that has much else to do may take its time.
vi.setConfig({ testTimeout: 90_000, hookTimeout: 90_000 });

export const host = "127.0.0.1";
export const app = { appid: "7654321", secret: "a secret of these tests" } as const;
export const callerId = "918000000000";

export interface WorldOptions {
  /** Phones that may register; `phone()` takes the next one. Their user names are their numbers. */
  readonly phones?: number;
  /** Threads of the server's media; 0 is the test's own. */
  readonly workers?: number;
  /** Threads of the phones' media. */
  readonly phoneWorkers?: number;
  /** What stands in the configuration besides addresses, the app and the phones. */
  readonly config?: Readonly<Record<string, unknown>>;
  readonly server?: ServerOptions;
  /** A folder of its own unless told; `close` leaves one that was told. */
  readonly data?: string;
}

export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly body: ApiBody;
}

/** Every field any answer of the API has. */
export interface ApiBody {
  readonly code?: number;
  readonly cmi_code?: number;
  readonly message?: string;
  readonly errors?: readonly { readonly path: string; readonly message: string }[];
  readonly request_id?: string;
  readonly calls?: number | readonly CallRecord[];
  readonly status?: string;
  readonly version?: string;
}

export interface TimelineEntry {
  readonly type: string;
  readonly leg_id?: string;
  readonly action_index?: number;
  readonly data?: Readonly<Record<string, unknown>>;
}

/** `GET /calls/:id`. */
export interface CallRecord {
  readonly call_id: string;
  readonly status: string;
  readonly cause: string | null;
  readonly direction: string;
  readonly from: string;
  readonly to: string;
  readonly extra_params: string | null;
  readonly legs: readonly {
    readonly cmiuuid: string; readonly leg: string; readonly to: string; readonly status: string; readonly cause: string | null; readonly ended_by: string | null; readonly media: object | null;
  }[];
  readonly timeline: readonly TimelineEntry[];
  readonly recordings: readonly { readonly recording_id: string; readonly channels: string; readonly status: string; readonly duration_ms: number | null; readonly url: string | null }[];
}

export interface World {
  readonly server: RunningServer;
  readonly config: Config;
  /** Switches the next phone on; it is registered when this resolves. */
  phone(options?: Partial<PhoneOptions>): Promise<Phone>;
  /** A number of a phone that may register and has not. */
  unregistered(): string;
  /** Writes a file into the media folder. */
  media(name: string, bytes: Uint8Array): Promise<void>;
  /** Asks for a call from the test's app; `fields` over the usual ones. */
  place(fields: Readonly<Record<string, unknown>>, headers?: Readonly<Record<string, string>>): Promise<Reply>;
  /** Asks for a call that must be taken; its request id. */
  call(to: string, pcmo: readonly unknown[], fields?: Readonly<Record<string, unknown>>): Promise<string>;
  post(path: string, body: string, headers?: Readonly<Record<string, string>>): Promise<Reply>;
  act(cmiuuid: string, action?: string): Promise<Reply>;
  /** GET with the app's credentials. */
  get(path: string): Promise<Response>;
  /** The record of a call as it is now. */
  record(id: string): Promise<CallRecord>;
  /** The record of a call once it has ended. */
  ended(id: string): Promise<CallRecord>;
  /** The channels of a call's recording. */
  recording(record: CallRecord, index?: number): Promise<readonly Int16Array[]>;
  /** How late the machine has let a media thread be at most, of the server or of the phones. */
  lateMs(): Promise<number>;
  /** The value of a metric without labels. */
  metric(name: string): Promise<number>;
  close(): Promise<void>;
}

/** New calls wait for their turn however busy the machine is with other things: only what they are told counts here. */
const patient = { intake: { waitMs: 60_000 }, overload: { lagMs: 60_000 } } as const;

const FIRST_NUMBER = 919_100_000_001;

export async function startWorld(options: WorldOptions = {}): Promise<World> {
  const data = options.data ?? (await mkdtemp(join(tmpdir(), "piopiy-test-")));
  await mkdir(join(data, "media"), { recursive: true });
  const accounts = Array.from({ length: options.phones ?? 0 }, (_, index) => {
    const number = String(FIRST_NUMBER + index);
    return { username: number, password: `password of ${number}`, number };
  });
  const config = configOf(data, accounts, options);
  const server = await startServer(config, { work: patient, ...options.server });
  const engine = await createMediaEngine({ host, ports: [0, 0], workers: options.phoneWorkers ?? 0 });
  const unused = [...accounts];
  const phones: Phone[] = [];
  const api = apiOf(server);
  return {
    server,
    config,
    ...api,
    async phone(own = {}) {
      const { username, password } = unused.shift() ?? { username: "", password: "" };
      const address = server.sip[0] ?? { transport: "udp", host, port: 0 };
      const phone = await createPhone({ username, password, server: address, host, clock: systemClock, ids: randomIds, engine, ...own });
      phones.push(phone);
      await phone.registered;
      return phone;
    },
    unregistered: () => unused.pop()?.username ?? "",
    lateMs: async () => Math.max(await api.metric("piopiy_media_latest_send_ms"), (await engine.statistics()).latestSendMs),
    media: (name, bytes) => writeFile(join(config.media.folder, name), bytes),
    async close() {
      await Promise.all(phones.map((phone) => phone.close()));
      await server.close();
      await engine.close();
      if (options.data === undefined) await rm(data, { recursive: true, force: true });
    },
  };
}

function configOf(data: string, phones: readonly object[], { workers = 0, config = {} }: WorldOptions): Config {
  const file = { http: { host, port: 0 }, sip: { host, udp: 0, tcp: 0 }, media: { host, ports: [0, 0] }, data, apps: [app], phones, ...config };
  const resolved = resolveConfig(JSON.stringify(file), {}, {});
  if (!resolved.ok) throw new Error(resolved.issues.map(({ path, message }) => `${path} ${message}`).join("; "));
  return { ...resolved.value, media: { ...resolved.value.media, workers } };
}

type Api = Omit<World, "server" | "config" | "phone" | "unregistered" | "media" | "lateMs" | "close">;

/** What an application does over HTTP. */
export function apiOf(server: Pick<RunningServer, "url">): Api {
  const authorization = `Basic ${Buffer.from(`${app.appid}:${app.secret}`).toString("base64")}`;
  const get = (path: string) => fetch(`${server.url}${path}`, { headers: { authorization } });
  const post = async (path: string, body: string, headers: Readonly<Record<string, string>> = {}): Promise<Reply> => {
    const response = await fetch(`${server.url}${path}`, { method: "POST", body, headers: { "content-type": "application/json", ...headers } });
    const read: ApiBody = JSON.parse(await response.text());
    return { status: response.status, headers: response.headers, body: read };
  };
  const place = (fields: Readonly<Record<string, unknown>>, headers?: Readonly<Record<string, string>>) =>
    post("/v2/global_pcmo_make_call", JSON.stringify({ ...app, from: callerId, ...fields }), headers);
  const record = async (id: string) => {
    const response = await get(`/calls/${id}?digits=1`);
    if (!response.ok) throw new Error(`GET /calls/:id answered ${response.status}`);
    const found: CallRecord = JSON.parse(await response.text());
    return found;
  };
  return {
    get,
    post,
    place,
    record,
    async call(to, pcmo, fields = {}) {
      const { status, body } = await place({ to, pcmo, ...fields });
      if (status !== 200 || !body.request_id) throw new Error(`the call was not taken: ${status} ${body.message}`);
      return body.request_id;
    },
    act: (cmiuuid, action = "hangup") => post("/v1/call/action", JSON.stringify({ ...app, cmiuuid, action })),
    ended: (id) => until("the end of the call", async () => {
      const found = await record(id);
      return found.status === "ended" ? found : undefined;
    }),
    async recording({ recordings }, index = 0) {
      const response = await get(recordings[index]?.url ?? "/recordings/none");
      if (!response.ok) throw new Error(`GET /recordings/:id answered ${response.status}`);
      return parseWav(new Uint8Array(await response.arrayBuffer())).channels;
    },
    async metric(name) {
      const line = (await (await get("/metrics")).text()).split("\n").find((one) => one.startsWith(`${name} `));
      return Number(line?.split(" ")[1]);
    },
  };
}

/** Asks again until there is something; for what can only be asked for, such as records over HTTP. */
export async function until<T>(what: string, found: () => T | undefined | Promise<T | undefined>, limitMs = 30_000): Promise<T> {
  const deadline = systemClock.monotonicMs() + limitMs;
  while (systemClock.monotonicMs() < deadline) {
    const value = await found();
    if (value !== undefined) return value;
    await sleep(systemClock, 25);
  }
  throw new Error(`waited ${limitMs} ms in vain for ${what}`);
}

/** A WAV file with one tone. */
export const toneWav = (frequencyHz: number, durationMs: number): Uint8Array =>
  wavFile({ sampleRateHz: 8000, channels: 1 }, toneSamples({ frequencyHz, durationMs }));

/** For how long a tone was heard alone. */
export const heardMs = (spans: readonly ToneSpan[], frequencyHz: number): number =>
  spans.filter((span) => span.frequencyHz === frequencyHz).reduce((sum, { fromMs, toMs }) => sum + toMs - fromMs, 0);

/** The longest gap within a tone, from its first frame to its last; nothing at all for what was not heard. */
export function longestGapMs(samples: Int16Array, frequencyHz: number): number | undefined {
  const heard = Array.from({ length: Math.floor(samples.length / FRAME_SAMPLES) }, (_, at) =>
    dominantTone(samples.subarray(at * FRAME_SAMPLES, (at + 1) * FRAME_SAMPLES), [frequencyHz]) === frequencyHz);
  const between = heard.slice(heard.indexOf(true), heard.lastIndexOf(true) + 1);
  const gaps = between.map(Number).join("").split("1").map((gap) => gap.length * 20);
  return between.length === 0 ? undefined : Math.max(...gaps);
}

export interface Receiver {
  readonly url: string;
  readonly received: readonly Received[];
  /** The request after the last one asked for by this, when it comes. */
  next(): Promise<Received>;
  close(): Promise<void>;
}

export interface Received {
  readonly method: string;
  readonly path: string;
  readonly body: Readonly<Record<string, unknown>>;
}

export interface Answer {
  readonly status?: number;
  readonly type?: string;
  readonly body?: string | Uint8Array;
}

/** An application's HTTP server: `answer` says what a request gets. */
export async function startReceiver(answer: (request: Received, raw: IncomingMessage) => Answer): Promise<Receiver> {
  const received: Received[] = [];
  const waiting: ((request: Received) => void)[] = [];
  let taken = 0;
  const server = createServer((raw, response) => {
    text(raw).then(
      (body) => {
        const request: Received = { method: raw.method ?? "", path: raw.url ?? "", body: body === "" ? {} : JSON.parse(body) };
        const { status = 200, type = "application/json", body: reply = "" } = answer(request, raw);
        received.push(request);
        const next = waiting.shift();
        if (next) {
          taken += 1;
          next(request);
        }
        response.writeHead(status, { "content-type": type }).end(reply);
      },
      () => response.destroy(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  const address = server.address();
  return {
    url: `http://${host}:${typeof address === "object" && address ? address.port : 0}`,
    received,
    next() {
      const there = received[taken];
      if (!there) return new Promise((resolve) => waiting.push(resolve));
      taken += 1;
      return Promise.resolve(there);
    },
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
