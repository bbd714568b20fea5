import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { sleep, type Clock } from "../base/index.ts";
import { type Check, failed, ok, warning } from "./check.ts";

const NODE = { major: 20, minor: 19 } as const;

/** `version` as `process.versions.node` has it. */
export function judgeNode(version: string): Check {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  if (major < NODE.major || (major === NODE.major && minor < NODE.minor)) {
    return failed("node", `Node.js ${version} is too old.`, `Install Node.js ${NODE.major}.${NODE.minor} or newer, a version with long-term support.`);
  }
  // Odd ones are never supported for long.
  if (major % 2 === 1) return warning("node", `Node.js ${version} has no long-term support.`, "Install an even version, such as 20, 22 or 24.");
  return ok("node", `Node.js ${version}`);
}

/** `built`: the native pump could be loaded; `wanted`: `media.pump`. */
export function judgePump(built: boolean, wanted: "auto" | "off" | undefined): Check {
  if (wanted === "off") return ok("packets", "Node's own sockets move them: media.pump is off.");
  return ok("packets", built ? "The native pump moves them." : "Node's own sockets move them: the native pump was not built (Linux, a C compiler, npm rebuild @piopiy/server).");
}

/** Everything besides media that keeps files open: modules, the database, connections. */
const BESIDE_MEDIA = 1024;

/** `sessions`: how many media ports the configuration has; each is a socket. */
export function judgeFileHandles(limit: number | undefined, sessions: number): Check {
  const needed = sessions + BESIDE_MEDIA;
  if (limit === undefined) return ok("file handles", "This system does not tell its limit.");
  const figures = { limit, needed };
  if (limit >= needed) return ok("file handles", `${limit} may be open, up to ${needed} are needed.`, figures);
  const todo = `Raise the limit: LimitNOFILE=${2 ** Math.ceil(Math.log2(needed))} in the systemd unit, or ulimit -n; or make media.ports smaller.`;
  const calls = Math.max(0, limit - BESIDE_MEDIA);
  if (calls < 10) return failed("file handles", `Only ${limit} may be open: too few for calls.`, todo, figures);
  return warning("file handles", `${limit} may be open, all ${sessions} media ports would need ${needed}: about ${calls} can be used at a time.`, todo, figures);
}

/** The limit this process has; undefined where it cannot be read. */
export async function fileHandleLimit(): Promise<number | undefined> {
  const limits = await readFile("/proc/self/limits", "utf8").catch(() => "");
  const soft = /^Max open files\s+(\d+|unlimited)/m.exec(limits)?.[1];
  return soft === undefined ? undefined : soft === "unlimited" ? Infinity : Number(soft);
}

export interface ClockFacts {
  /** How far the wall clock and the monotonic one moved apart within a moment, in ms. */
  readonly driftMs: number;
  /** Epoch ms. */
  readonly nowMs: number;
  /** Whether the system says that it is set by NTP; undefined where nobody tells. */
  readonly synchronized: boolean | undefined;
}

/** 2025-01-01: a clock before that has never been set. */
const BUILT_MS = 1_735_689_600_000;
const DRIFT_MS = 50;

export function judgeClock({ driftMs, nowMs, synchronized }: ClockFacts): Check {
  const figures = { drift_ms: Math.round(driftMs * 10) / 10 };
  const todo = "Let NTP set the clock: timedatectl set-ntp true, or install chrony.";
  if (nowMs < BUILT_MS) return failed("clock", "The clock is years behind: records, certificates and signatures will be wrong.", todo, figures);
  if (Math.abs(driftMs) > DRIFT_MS) return warning("clock", `The clock was moved by ${Math.round(driftMs)} ms while it was watched.`, "Use an NTP client that slews; look for two of them.", figures);
  if (synchronized === false) return warning("clock", "The clock is not set by NTP.", todo, figures);
  return ok("clock", synchronized ? "It is steady, and set by NTP." : "It is steady; whether NTP sets it could not be asked.", figures);
}

const WATCHED_MS = 300;

export async function clockFacts(clock: Clock): Promise<ClockFacts> {
  const [wallMs, monotonicMs] = [clock.now(), clock.monotonicMs()];
  const [synchronized] = await Promise.all([isSynchronized(), sleep(clock, WATCHED_MS)]);
  const nowMs = clock.now();
  return { driftMs: nowMs - wallMs - (clock.monotonicMs() - monotonicMs), nowMs, synchronized };
}

/** As systemd or chrony tells; undefined where neither is. */
async function isSynchronized(): Promise<boolean | undefined> {
  const systemd = await output("timedatectl", ["show", "-p", "NTPSynchronized", "--value"]);
  if (systemd !== undefined && /^(yes|no)\s*$/.test(systemd)) return systemd.startsWith("yes");
  const chrony = await output("chronyc", ["-c", "tracking"]);
  // The last field says "Normal", or "Not synchronised".
  return chrony === undefined ? undefined : /,(Normal|Insert second|Delete second)\s*$/.test(chrony);
}

function output(command: string, args: readonly string[]): Promise<string | undefined> {
  return new Promise((resolve) => {
    execFile(command, args, { timeout: 2000 }, (failure, out) => resolve(failure ? undefined : out));
  });
}

/** `p99Ms`: how late the event loop was, at the 99th percentile. */
export function judgeEventLoop(p99Ms: number): Check {
  const figures = { p99_ms: Math.round(p99Ms * 10) / 10 };
  if (p99Ms <= 20) return ok("event loop", `It was ${figures.p99_ms} ms late at most, 99 times of 100.`, figures);
  const todo = "Stop what else uses this machine's processors, or give the server some of its own.";
  if (p99Ms <= 100) return warning("event loop", `It was up to ${figures.p99_ms} ms late (99 of 100): answers will be slow.`, todo, figures);
  return failed("event loop", `It was up to ${figures.p99_ms} ms late (99 of 100): calls will be refused for overload.`, todo, figures);
}
