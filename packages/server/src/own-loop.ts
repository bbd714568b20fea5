import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PiopiyError, type Clock, type Ids } from "./base/index.ts";
import { resolveConfig, type SpeechConfig } from "./config/index.ts";
import { createMediaEngine, type MediaEngine } from "./media/index.ts";
import { createPhone, type Phone } from "./phone/index.ts";
import { startServer, type RunningServer } from "./server.ts";

/** A server for a moment, with phones of its own, on the loopback interface: to see and hear what this machine can do. */
export interface OwnLoop {
  readonly server: RunningServer;
  readonly phones: readonly Phone[];
  /** What carries the phones' audio. */
  readonly phoneEngine: MediaEngine;
  /** Asks the server for a call. */
  call(to: string, pcmo: readonly unknown[]): Promise<void>;
  close(): Promise<void>;
}

const HOST = "127.0.0.1";
const APP = "1000000";
const FIRST_NUMBER = 910_000_000_001;

export interface OwnLoopOptions {
  readonly clock: Clock;
  readonly ids: Ids;
  readonly phones: number;
  /** What is spoken with; the built-in voice when absent. */
  readonly speech?: SpeechConfig;
  /** How calls to these numbers go on. */
  readonly numbers?: readonly { readonly number: string; readonly pcmo: readonly unknown[] }[];
}

export const phoneNumber = (index: number): string => String(FIRST_NUMBER + index);

/** Starts it on free ports, with its data in a folder that is removed when it is closed. */
export async function startOwnLoop(options: OwnLoopOptions): Promise<OwnLoop> {
  const { clock, ids } = options;
  const data = await mkdtemp(join(tmpdir(), "piopiy-loop-"));
  const closers: (() => Promise<unknown>)[] = [() => rm(data, { recursive: true, force: true })];
  const close = async () => {
    for (const one of closers.splice(0).toReversed()) await one();
  };
  try {
    const secret = ids.token(32);
    const accounts = Array.from({ length: options.phones }, (_, index) => ({ username: phoneNumber(index), password: ids.token(16), number: phoneNumber(index) }));
    const server = await startServer(configOf({ data, secret, accounts, ...options }), { clock, ids });
    closers.push(() => server.close());
    const phoneEngine = await createMediaEngine({ host: HOST, ports: [0, 0], workers: 1 });
    closers.push(() => phoneEngine.close());
    const [address] = server.sip;
    if (!address) throw new PiopiyError("internal");
    const phones: Phone[] = [];
    for (const { username, password } of accounts) {
      const phone = await createPhone({ username, password, server: address, host: HOST, clock, ids, engine: phoneEngine });
      closers.push(() => phone.close());
      phones.push(phone);
      await phone.registered;
    }
    return { server, phones, phoneEngine, call: (to, pcmo) => place(server.url, { appid: APP, secret, to, pcmo }), close };
  } catch (failure) {
    await close();
    throw failure;
  }
}

function configOf({ data, secret, accounts, speech, numbers = [] }: {
  readonly data: string; readonly secret: string; readonly accounts: readonly object[]; readonly speech?: SpeechConfig; readonly numbers?: OwnLoopOptions["numbers"];
}) {
  const file = {
    http: { host: HOST, port: 0 }, sip: { host: HOST, udp: 0, tcp: false }, media: { host: HOST, ports: [0, 0], workers: 1 }, data,
    apps: [{ appid: APP, secret }], phones: accounts, numbers, ...(speech && { speech }),
  };
  const config = resolveConfig(JSON.stringify(file), {}, {});
  if (!config.ok) throw new PiopiyError("internal", "The configuration of the loop is wrong.");
  return config.value;
}

async function place(url: string, call: { readonly appid: string; readonly secret: string; readonly to: string; readonly pcmo: readonly unknown[] }): Promise<void> {
  const body = JSON.stringify({ ...call, from: "1001" });
  const response = await fetch(`${url}/v2/global_pcmo_make_call`, { method: "POST", headers: { "content-type": "application/json" }, body });
  const { message } = Object(await response.json()) satisfies { readonly message?: unknown };
  if (!response.ok) throw new PiopiyError("internal", `the server answered ${response.status} (${String(message)})`);
}
