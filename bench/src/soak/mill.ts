import { execFileSync, spawn } from "node:child_process";
import { existsSync, renameSync, statSync } from "node:fs";
import { appendFile, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { within } from "../sockets.ts";
import { at } from "../sipload.ts";

/** What the streams came to within a window. */
export interface MillWindow {
  readonly sent: number;
  readonly received: number;
  readonly lost: number;
  readonly gapP99Ms: number;
  /** The load itself was late: then the gaps are not the server's. */
  readonly lateP99Ms: number;
}

/** The load generator's RTP, of many calls in one process. */
export interface Mill {
  /** Where the call of this number receives. */
  port(call: number): number;
  started(call: number, host: string, port: number): Promise<void>;
  ended(call: number): Promise<void>;
  /** What has come since the last window, and begins the next. */
  window(): Promise<MillWindow>;
  close(): Promise<void>;
}

const FIRST_PORT = 20_100;
const STRIDE = 4;

/** `program`: the load generator, next to which the source of its RTP lies; `under`: a command to start it by. */
export async function startMill(program: string, calls: number, under: readonly string[]): Promise<Mill> {
  const folder = await mkdtemp(join(tmpdir(), "piopiy-soak-"));
  const events = join(folder, "events");
  await writeFile(events, "");
  const options = ["--base", `${FIRST_PORT}`, "--stride", `${STRIDE}`, "--calls", `${calls}`, "--mode", "send", "--follow", events];
  const binary = built(join(dirname(program), "rtpmill.c"));
  const [command = binary, ...rest] = under;
  const child = spawn(command, [...rest, ...(under.length > 0 ? [binary] : []), ...options], { stdio: ["pipe", "pipe", "inherit"] });
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const told = async () => JSON.parse((await within("the load's RTP", lines.next())).value ?? "null");
  await told();
  child.stdin.write("begin\n");
  return {
    port: (call) => FIRST_PORT + STRIDE * (call - 1),
    started: (call, host, port) => appendFile(events, `+ ${call} ${host} ${port}\n`),
    ended: (call) => appendFile(events, `- ${call}\n`),
    async window() {
      const report = told();
      child.stdin.write("end\n");
      const window = windowOf(await report);
      child.stdin.write("begin\n");
      return window;
    },
    async close() {
      child.stdin.write("quit\n");
      await ended;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function windowOf(report: unknown): MillWindow {
  const number = (path: string) => {
    const value = at(report, path);
    return typeof value === "number" ? value : 0;
  };
  return {
    sent: number("tx_packets"),
    received: number("rx_packets"),
    lost: number("seq_lost"),
    gapP99Ms: number("gap_ms.p99"),
    lateP99Ms: number("tx_late_ms.p99"),
  };
}

/** Built once for each version of its source. */
function built(source: string): string {
  const binary = join(tmpdir(), `piopiy-rtpmill-${Math.floor(statSync(source).mtimeMs)}`);
  if (!existsSync(binary)) {
    const partly = `${binary}.${process.pid}`;
    execFileSync("cc", ["-O2", "-o", partly, source]);
    renameSync(partly, binary);
  }
  return binary;
}
