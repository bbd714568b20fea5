import { spawn, type ChildProcess } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { toneSamples, wavFile } from "@piopiy/server";

const cli = fileURLToPath(new URL("dist/cli.js", import.meta.resolve("@piopiy/server/package.json")));
const LIMIT_MS = 10_000;

export const app = { appid: "1000001", secret: "secret-of-the-measurement" } as const;

export interface ServerPlan {
  /** Laid over a configuration with free loopback ports and one app. */
  readonly config?: Readonly<Record<string, unknown>>;
  /** Tones in the media folder: the name of the file and its length. */
  readonly tones?: readonly { readonly name: string; readonly durationMs: number }[];
  /** Media threads; one unless given. */
  readonly workers?: number;
  /** A command to start it by, for example `["taskset", "-c", "0"]`. */
  readonly under?: readonly string[];
  /** Options of Node, for example `["--cpu-prof"]`. */
  readonly node?: readonly string[];
}

/** `piopiy serve` as a process of its own, as a user starts it. */
export interface ServerProcess {
  readonly pid: number;
  readonly url: string;
  readonly sip: { readonly host: string; readonly port: number };
  /** From the start of the process to the line that says it is ready. */
  readonly readyMs: number;
  /** What that line says. */
  readonly printedMs: number;
  /** Resident memory. */
  residentMb(): Promise<number>;
  close(): Promise<void>;
}

/** Starts a server in a temporary folder; both are gone after `close`. */
export async function startServerProcess({ config = {}, tones = [], workers = 1, under = [], node = [] }: ServerPlan = {}): Promise<ServerProcess> {
  const folder = await mkdtemp(join(tmpdir(), "piopiy-bench-"));
  const file = join(folder, "piopiy.config.json");
  await writeFile(file, JSON.stringify({ ...defaults(folder, workers), ...config }));
  await mkdir(join(folder, "media"));
  for (const { name, durationMs } of tones) {
    await writeFile(join(folder, "media", name), wavFile({ channels: 1, sampleRateHz: 8000 }, toneSamples({ frequencyHz: 440, durationMs })));
  }
  const [command, ...before] = [...under, process.execPath];
  const startedMs = performance.now();
  const child = spawn(command, [...before, ...node, cli, "serve", "--config", file], { stdio: ["ignore", "pipe", "inherit"] });
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const close = async () => {
    child.kill("SIGINT");
    await ended;
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const { readyMs, said } = await ready(child, startedMs);
    const pid = child.pid ?? 0;
    return { pid, readyMs, ...readWelcome(said), residentMb: () => residentMb(pid), close };
  } catch (failure) {
    await close();
    throw failure;
  }
}

function defaults(folder: string, workers: number) {
  const host = "127.0.0.1";
  return {
    http: { host, port: 0 },
    sip: { host, udp: 0, tcp: 0 },
    media: { host, ports: [0, 0], folder: join(folder, "media"), workers },
    drain: 0,
    data: join(folder, "data"),
    apps: [app],
  };
}

/** What it prints until it is ready, and how long that takes. */
function ready(child: ChildProcess, startedMs: number): Promise<{ readonly readyMs: number; readonly said: string }> {
  return new Promise((resolve, reject) => {
    let said = "";
    let readyMs = Number.NaN;
    const timer = setTimeout(() => reject(new Error(`the server was not ready within ${LIMIT_MS / 1000} s`)), LIMIT_MS);
    child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      said += text;
      if (Number.isNaN(readyMs) && said.includes("is ready")) readyMs = performance.now() - startedMs;
      if (!said.includes("Ctrl-C")) return;
      clearTimeout(timer);
      resolve({ readyMs, said });
    });
    child.once("exit", (code) => {
      clearTimeout(timer);
      reject(new Error(`the server ended with code ${code} before it was ready`));
    });
  });
}

/** The addresses and the time in what the server says when it is ready. */
export function readWelcome(said: string): Pick<ServerProcess, "url" | "sip" | "printedMs"> {
  const url = /REST API +(http:\/\/\S+)/.exec(said)?.[1];
  const [, host, port] = /udp ([\d.]+):(\d+)/.exec(said) ?? [];
  const printedMs = Number(/ready in (\d+) ms/.exec(said)?.[1] ?? Number.NaN);
  if (url === undefined || host === undefined || Number.isNaN(printedMs)) throw new Error("the server did not say where it listens");
  return { url, sip: { host, port: Number(port) }, printedMs };
}

/** VmRSS of a process, from Linux's /proc. */
async function residentMb(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1] ?? Number.NaN) / 1024;
}
