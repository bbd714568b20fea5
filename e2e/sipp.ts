import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePorts, listening, LOOPBACK } from "./ports.ts";
import { missing, startProgram, type Cleanup } from "./running-program.ts";

/** Why SIPp cannot be run here. */
export const noSipp = missing("sipp", "sip-tester");
if (noSipp !== undefined) console.warn(`Left out: ${noSipp}`);

export type Transport = "udp" | "tcp";

export interface Sipp {
  /** Where it takes SIP. */
  readonly port: number;
  /** Resolves when every call went as the scenario says; rejects, with what SIPp wrote, when one did not. */
  done(): Promise<void>;
}

interface SippOptions {
  /** A file of `scenarios/`, without its ending. */
  readonly scenario: string;
  readonly transport?: Transport;
  /** What stands for `{name}` in the scenario. */
  readonly fill?: Readonly<Record<string, string>>;
  /** Sends every RTP packet back; on unless told. */
  readonly echo?: boolean;
  readonly calls?: number;
  /** The address it is at; this machine's own unless told. */
  readonly host?: string;
}

export interface CallerOptions extends SippOptions {
  /** The server's SIP port. */
  readonly server: number;
  /** Whom it calls. */
  readonly to: string;
  /** Calls begun in a second. */
  readonly rate?: number;
  /** How long a scenario's pause is. */
  readonly pauseMs?: number;
}

/** SIPp that calls the server. */
export function sippCaller(cleanup: Cleanup, options: CallerOptions): Promise<Sipp> {
  const { server, to, rate = 10, pauseMs = 500, host = LOOPBACK } = options;
  return start(cleanup, options, [hostPort(host, server), "-s", to, "-r", `${rate}`, "-d", `${pauseMs}`]);
}

/** SIPp that is called; it listens when this resolves. */
export async function sippCallee(cleanup: Cleanup, options: SippOptions & { readonly pauseMs?: number }): Promise<Sipp> {
  const sipp = await start(cleanup, options, ["-d", `${options.pauseMs ?? 500}`]);
  await listening(options.transport ?? "udp", sipp.port);
  return sipp;
}

async function start(cleanup: Cleanup, options: SippOptions, args: readonly string[]): Promise<Sipp> {
  const { scenario, transport = "udp", fill = {}, echo = true, calls = 1, host = LOOPBACK } = options;
  const folder = await mkdtemp(join(tmpdir(), "piopiy-sipp-"));
  const file = join(folder, `${scenario}.xml`);
  await writeFile(file, filled(await readFile(new URL(`scenarios/${scenario}.xml`, import.meta.url), "utf8"), fill));
  cleanup(() => rm(folder, { recursive: true }));
  const port = await freePorts(6);
  const bounded = ["-nostdin", "-timeout", "30s", "-timeout_error", "-trace_err", "-error_file", join(folder, "errors.log")];
  const media = ["-mi", host, "-mp", `${port + 2}`, ...(echo ? ["-rtp_echo"] : [])];
  const signalling = ["-i", host, "-p", `${port}`, "-t", transport === "udp" ? "u1" : "t1"];
  const performed = ["-sf", file, "-m", `${calls}`];
  const program = startProgram(cleanup, "sipp", [...args, ...performed, ...signalling, ...media, ...bounded], { cwd: folder });
  return {
    port,
    async done() {
      const code = await program.exit(35_000);
      if (code === 0) return;
      const errors = await readFile(join(folder, "errors.log"), "utf8").catch(() => "");
      throw new Error(`SIPp exited with ${code}: not every call went as ${scenario} says.\n${program.output()}\n${errors}`);
    },
  };
}

const hostPort = (host: string, port: number): string => (host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`);

function filled(scenario: string, values: Readonly<Record<string, string>>): string {
  return scenario.replaceAll(/\{(\w+)\}/g, (all, name: string) => values[name] ?? all);
}
