import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { resolveConfig, startServer, toneSamples, wavFile } from "@piopiy/server";
import { RestClient } from "piopiy";
import { LOOPBACK } from "./ports.ts";
import type { Records } from "./records.ts";
import { recordsOf } from "./records.ts";
import type { Cleanup } from "./running-program.ts";

/** What the server plays is 1000 Hz, or 620 Hz for a prompt; others say other tones. In Hz. */
export const tones = { played: 1000, prompt: 620, phone: 440, other: 770 } as const;

/** Files of the media folder. `played.wav` is as long as this, `long.wav` a minute. */
export const PLAYED_MS = 1500;

/** Other programs, and other tests, share the machine: whoever calls waits for his turn. */
export const patient = { intake: { waitMs: 60_000 }, overload: { lagMs: 60_000 } } as const;

const app = { appid: "1000001", secret: "secret-of-this-test" };

export interface TestServer {
  readonly url: string;
  /** The SIP port of each transport. */
  readonly sip: { readonly udp: number; readonly tcp: number; readonly tls: number };
  readonly client: RestClient;
  readonly records: Records;
  /** Calls that are going on. */
  calls(): number;
  /** How late the machine has let the thread of the media be at most. */
  lateMs(): Promise<number>;
  close(): Promise<void>;
}

/** As in the configuration file, but for `tls`: the files for SIP over TLS. */
export interface ServerSetup {
  readonly tls?: { readonly cert: string; readonly key: string; readonly ca?: string; readonly verify_client?: boolean };
  readonly encryption?: "off" | "optional" | "required";
  readonly keying?: "sdes" | "dtls";
  /** Where SIP and media are; this machine's own address unless told. */
  readonly host?: string;
  readonly urls?: { readonly allow: readonly string[] };
  readonly numbers?: readonly { readonly number: string; readonly pcmo: readonly unknown[] }[];
  readonly phones?: readonly { readonly username: string; readonly password: string; readonly number?: string }[];
  readonly trunks?: readonly { readonly name: string; readonly host: string; readonly port?: number; readonly transport?: "udp" | "tcp" | "tls"; readonly tls?: { readonly verify: string } }[];
}

/** A server of one test's own, on free loopback ports, with a temporary folder. */
export async function startTestServer(cleanup: Cleanup, { tls, encryption, keying, host = LOOPBACK, ...setup }: ServerSetup = {}): Promise<TestServer> {
  const data = await mkdtemp(join(tmpdir(), "piopiy-e2e-"));
  cleanup(() => rm(data, { recursive: true }));
  await writeMedia(join(data, "media"));
  const config = resolveConfig(
    JSON.stringify({
      http: { host: LOOPBACK, port: 0 },
      sip: { host, udp: 0, tcp: 0, ...(tls ? { tls: { ...tls, port: 0 } } : {}) },
      media: { host, ports: [0, 0], workers: 1, ...(encryption && { encryption }), ...(keying && { keying }) },
      data,
      apps: [app],
      ...setup,
    }),
    {},
    {},
  );
  if (!config.ok) throw new Error(config.issues.map(({ path, message }) => `${path} ${message}`).join("; "));
  const server = await startServer(config.value, { work: patient });
  cleanup(() => server.close());
  const portOf = (name: "udp" | "tcp" | "tls") => server.sip.find(({ transport }) => transport === name)?.port ?? 0;
  return {
    url: server.url,
    sip: { udp: portOf("udp"), tcp: portOf("tcp"), tls: portOf("tls") },
    client: new RestClient(app.appid, app.secret, { baseUrl: server.url }),
    records: recordsOf(server.url, app),
    calls: () => server.calls(),
    async lateMs() {
      const [, late] = /^piopiy_media_latest_send_ms (\S+)$/m.exec(await (await fetch(`${server.url}/metrics`)).text()) ?? [];
      return Number(late);
    },
    close: () => server.close(),
  };
}

async function writeMedia(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const file = (name: string, frequencyHz: number, durationMs: number) =>
    writeFile(join(folder, name), wavFile({ channels: 1, sampleRateHz: 8000 }, toneSamples({ frequencyHz, durationMs })));
  await Promise.all([
    file("played.wav", tones.played, PLAYED_MS),
    file("long.wav", tones.played, 60_000),
    file("prompt.wav", tones.prompt, 800),
  ]);
}
