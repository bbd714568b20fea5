import { spawn } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { sleep, systemClock } from "@piopiy/server";

/** Registers what is to be done when a test is over; vitest's `onTestFinished`. */
export type Cleanup = (close: () => Promise<void>) => void;

/** A program that this test has started. */
export interface RunningProgram {
  /** Everything it has written so far, of both outputs. */
  output(): string;
  /**
   * Resolves with the next match in what it writes, counted from the end of the match before; rejects, showing the
   * output, when it exits without one or takes too long.
   */
  says(pattern: RegExp, limitMs?: number): Promise<RegExpExecArray>;
  type(text: string): void;
  signal(name: "SIGINT" | "SIGTERM" | "SIGKILL"): void;
  /** Its exit code; rejects when it takes too long. `null`: a signal ended it. */
  exit(limitMs?: number): Promise<number | null>;
}

export interface ProgramOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
}

// A machine that has much else to do takes its time.
const LIMIT_MS = 40_000;

/** Starts a program; when the test is over it is ended if it still runs. */
export function startProgram(cleanup: Cleanup, command: string, args: readonly string[], options: ProgramOptions = {}): RunningProgram {
  const child = spawn(command, args, { cwd: options.cwd, env: { ...process.env, ...options.env } });
  let output = "";
  let seen = 0;
  let running = true;
  const waiting = new Set<() => void>();
  const changed = () => {
    for (const look of waiting) look();
  };
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      output += text;
      changed();
    });
  }
  child.stdin.on("error", () => undefined);
  const end = () => {
    running = false;
    changed();
  };
  child.once("error", end).once("close", end);
  cleanup(async () => {
    if (running) child.kill("SIGKILL");
    await until(`the end of ${command}`, () => (running ? undefined : true));
  });

  const waitFor = <T>(what: string, found: () => T | undefined, limitMs: number): Promise<T> =>
    new Promise((resolve, reject) => {
      const limit = systemClock.setTimer(limitMs, () => settle(undefined, `took more than ${limitMs} ms`));
      const settle = (value: T | undefined, why: string) => {
        limit.cancel();
        waiting.delete(look);
        if (value === undefined) reject(new Error(`${command} ${why}, and there was no ${what}. It said:\n${output}`));
        else resolve(value);
      };
      const look = () => {
        const value = found();
        if (value !== undefined || !running) settle(value, `exited with ${child.exitCode}`);
      };
      waiting.add(look);
      look();
    });

  return {
    output: () => output,
    async says(pattern, limitMs = LIMIT_MS) {
      const match = await waitFor(`${pattern}`, () => pattern.exec(output.slice(seen)) ?? undefined, limitMs);
      seen += match.index + match[0].length;
      return match;
    },
    type: (text) => void child.stdin.write(text),
    signal: (name) => void child.kill(name),
    async exit(limitMs = LIMIT_MS) {
      await waitFor("end", () => (running ? undefined : true), limitMs);
      return child.exitCode;
    },
  };
}

/** Why tests with a program cannot run here; `undefined` when they can. */
export function missing(program: string, debianPackage: string): string | undefined {
  if (process.platform !== "linux") return `${program} is tested with on Linux only`;
  const found = (process.env["PATH"] ?? "").split(delimiter).some((folder) => isExecutable(join(folder, program)));
  return found ? undefined : `${program} is not installed (Debian: apt-get install ${debianPackage})`;
}

/** Fails, saying why, where a program that a test cannot do without is not there. */
export function needs(program: string, debianPackage: string): void {
  const why = missing(program, debianPackage);
  if (why !== undefined) throw new Error(`This test needs what is not here: ${why}.`);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Waits until `found` gives something; fails, saying what was waited for, when `limitMs` is over. */
export async function until<T>(what: string, found: () => T | undefined | Promise<T | undefined>, limitMs = LIMIT_MS): Promise<T> {
  const deadline = systemClock.monotonicMs() + limitMs;
  while (systemClock.monotonicMs() < deadline) {
    const value = await found();
    if (value !== undefined) return value;
    await sleep(systemClock, 25);
  }
  throw new Error(`waited ${limitMs} ms in vain: ${what}`);
}
