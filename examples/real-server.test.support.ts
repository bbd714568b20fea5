import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import {
  createPhone, dominantTone, parseWav, randomIds, resolveConfig, sleep, startServer, systemClock, toneSamples, wavFile, type Phone, type PhoneCall,
  type PhoneOptions, type ToneSpan,
} from "@piopiy/server";
import { vi } from "vitest";

// What the tests of the SDK against a real server share: the server, its phones, and an application's web server.

// A machine that has much else to do may take its time.
vi.setConfig({ testTimeout: 90_000, hookTimeout: 90_000 });

const host = "127.0.0.1";
export const app = { appid: "7654321", token: "the token of these tests" } as const;
export const callerId = "918000000000";
/** What the server signs its webhooks and its streams with. */
export const webhookSecret = "the secret that webhooks and streams are signed with";
/** What the application's web server plays, in Hz. */
export const music = 620;

/** `GET /calls/:id`, as far as the tests look. */
export interface CallRecord {
  readonly status: string;
  readonly cause: string | null;
  readonly legs: readonly { readonly cmiuuid: string; readonly leg: string; readonly to: string; readonly cause: string | null }[];
  readonly timeline: readonly { readonly type: string; readonly data?: Readonly<Record<string, unknown>> }[];
  readonly recordings: readonly { readonly url: string | null; readonly status: string }[];
}

export interface RealServer {
  readonly url: string;
  /** The address of the application's web server: `/music.wav`, and every POST is a webhook. */
  readonly web: string;
  /** The bodies of the webhooks. */
  readonly posted: readonly Readonly<Record<string, unknown>>[];
  /** Switches the next phone on; its user name is its number. */
  phone(options?: Partial<PhoneOptions>): Promise<Phone>;
  /** The record of a call once it has ended. */
  ended(requestId: string): Promise<CallRecord>;
  record(requestId: string): Promise<CallRecord>;
  /** The channels of every recording of a call. */
  recordings(record: CallRecord): Promise<readonly (readonly Int16Array[])[]>;
  close(): Promise<void>;
}

export async function startRealServer(phones: number): Promise<RealServer> {
  const data = await mkdtemp(join(tmpdir(), "piopiy-examples-"));
  const accounts = Array.from({ length: phones }, (_, index) => {
    const number = String(919_200_000_001 + index);
    return { username: number, password: `password of ${number}`, number };
  });
  const server = await startServer(configuration(data, accounts), { work: { intake: { waitMs: 60_000 }, overload: { lagMs: 60_000 } } });
  const web = await startWeb();
  const on: Phone[] = [];
  const authorization = `Basic ${Buffer.from(`${app.appid}:${app.token}`).toString("base64")}`;
  const get = async (path: string) => {
    const response = await fetch(`${server.url}${path}`, { headers: { authorization } });
    if (!response.ok) throw new Error(`GET answered ${response.status}`);
    return response;
  };
  const record = async (requestId: string) => {
    const found: CallRecord = JSON.parse(await (await get(`/calls/${requestId}`)).text());
    return found;
  };
  return {
    url: server.url,
    web: web.url,
    posted: web.posted,
    record,
    async phone(own = {}) {
      const { username, password } = accounts.shift() ?? { username: "", password: "" };
      const address = server.sip[0] ?? { transport: "udp", host, port: 0 };
      const phone = await createPhone({ username, password, server: address, host, clock: systemClock, ids: randomIds, ...own });
      on.push(phone);
      await phone.registered;
      return phone;
    },
    async ended(requestId) {
      for (let asked = 0; asked < 1200; asked++) {
        const found = await record(requestId);
        if (found.status === "ended") return found;
        await sleep(systemClock, 25);
      }
      throw new Error("the call does not end");
    },
    recordings: ({ recordings }) =>
      Promise.all(recordings.map(async ({ url }) => parseWav(new Uint8Array(await (await get(url ?? "/recordings/none")).arrayBuffer())).channels)),
    async close() {
      await Promise.all(on.map((phone) => phone.close()));
      await server.close();
      await web.close();
      await rm(data, { recursive: true, force: true });
    },
  };
}

function configuration(data: string, phones: readonly object[]) {
  const file = {
    http: { host, port: 0 }, sip: { host, udp: 0, tcp: 0 }, media: { host, ports: [0, 0], workers: 1 }, data,
    apps: [{ appid: app.appid, secret: app.token, webhook_secrets: [webhookSecret] }], phones,
  };
  const config = resolveConfig(JSON.stringify(file), {}, {});
  if (!config.ok) throw new Error(config.issues.map(({ path, message }) => `${path} ${message}`).join("; "));
  return config.value;
}

/** Serves a file of one tone, and takes webhooks, which it answers with nothing: the flow goes on. */
async function startWeb() {
  const posted: Readonly<Record<string, unknown>>[] = [];
  const file = wavFile({ channels: 1, sampleRateHz: 8000 }, toneSamples({ frequencyHz: music, durationMs: 600 }));
  const server = createServer((request, response) => {
    text(request).then(
      (body) => {
        if (request.method === "POST") posted.push(JSON.parse(body));
        response.end(request.method === "GET" ? file : "");
      },
      () => response.destroy(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  const address = server.address();
  return {
    url: `http://${host}:${typeof address === "object" && address ? address.port : 0}`,
    posted,
    close: () => new Promise<void>((resolve) => server.close(() => resolve())),
  };
}

/** For how long a tone was heard alone. */
export const heardMs = (spans: readonly ToneSpan[], frequencyHz: number): number =>
  spans.filter((span) => span.frequencyHz === frequencyHz).reduce((sum, { fromMs, toMs }) => sum + toMs - fromMs, 0);

/** A tone, and for how long it was there. */
export interface Received {
  readonly frequencyHz: number;
  ms: number;
}

/**
 * The tones that a phone receives from now on, one after the other, ahead of its jitter buffer: on a busy machine that
 * leaves out what comes late.
 */
export function receivedBy(call: PhoneCall, candidates: readonly number[]): readonly Received[] {
  const tones: Received[] = [];
  call.leg.audio.listen((frame) => {
    const frequencyHz = dominantTone(frame, candidates);
    if (frequencyHz === undefined) return;
    if (tones.at(-1)?.frequencyHz !== frequencyHz) tones.push({ frequencyHz, ms: 0 });
    const last = tones.at(-1);
    if (last) last.ms += 20;
  });
  return tones;
}
