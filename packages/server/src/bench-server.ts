import { spawn } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { toneSamples, wavFile } from "./audio/index.ts";
import { PiopiyError, workerUrl } from "./base/index.ts";
import type { SipAddress } from "./sip/index.ts";

/** A server in a process of its own, with one media thread. */
export interface BenchServer {
  readonly sip: SipAddress;
  /** Seconds of processor time that it has used. */
  cpuSeconds(): Promise<number>;
  close(): Promise<void>;
}

/** The number that plays for longer than a measurement takes. */
export const PLAYING = "1000";

const HOST = "127.0.0.1";
const TONE_MS = 60_000;

/** Starts it with its data in a folder within `data`, which is removed when it is closed. */
export async function startBenchServer(data: string): Promise<BenchServer> {
  await mkdir(data, { recursive: true });
  const folder = await mkdtemp(join(data, "bench-"));
  const media = join(folder, "media");
  await mkdir(media);
  await writeFile(join(media, "tone.wav"), wavFile({ sampleRateHz: 8000, channels: 1 }, toneSamples({ frequencyHz: 620, durationMs: TONE_MS })));
  const file = join(folder, "piopiy.config.json");
  const plays = Array.from({ length: 5 }, () => ({ action: "play", file_name: "tone.wav" }));
  await writeFile(file, JSON.stringify({
    http: { host: HOST, port: 0 }, sip: { host: HOST, udp: 0, tcp: false }, media: { host: HOST, ports: [0, 0], workers: 1 }, data: folder, drain: 0,
    // Its callers are a trunk of this machine: nobody is asked for a password.
    trunks: [{ name: "bench", host: HOST, port: 9 }], numbers: [{ number: PLAYING, pcmo: plays }],
  }));
  const own = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("PIOPIY_")));
  const child = spawn(process.execPath, [workerUrl(import.meta.url, "cli").pathname, "serve", "--config", file], { env: own, stdio: ["ignore", "pipe", "inherit"] });
  const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const close = async () => {
    child.kill("SIGTERM");
    await exited;
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const { url, port } = await ready(child.stdout, exited);
    return { sip: { transport: "udp", host: HOST, port }, cpuSeconds: () => cpuSeconds(url), close };
  } catch (failure) {
    await close();
    throw failure;
  }
}

function ready(stdout: NodeJS.ReadableStream, exited: Promise<void>): Promise<{ readonly url: string; readonly port: number }> {
  return new Promise((resolve, reject) => {
    let out = "";
    stdout.setEncoding("utf8").on("data", (chunk: string) => {
      out += chunk;
      const [, url, port] = /REST API\s+(\S+)[\s\S]*SIP\s+udp [\d.]+:(\d+)[\s\S]*again ends them\./.exec(out) ?? [];
      if (url !== undefined) resolve({ url, port: Number(port) });
    });
    exited.then(() => reject(new PiopiyError("internal", "The server to be measured did not start.")), reject);
  });
}

async function cpuSeconds(url: string): Promise<number> {
  const metrics = await (await fetch(`${url}/metrics`)).text();
  return Number(/^process_cpu_seconds_total ([\d.]+)/m.exec(metrics)?.[1] ?? 0);
}
