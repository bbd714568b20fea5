import { spawn } from "node:child_process";
import { concatBytes, PiopiyError, scope, utf8, type Clock, type ErrorCode, type Scope } from "../../base/index.ts";

/** Runs a program over and over, a few at a time. */
export interface Programs {
  /** What it writes to standard output when `input` is all it reads. Fails when it fails, takes too long, or is not there. */
  run(args: readonly string[], input: string, signal: AbortSignal): Promise<Uint8Array>;
  /** Ends what runs. */
  close(): Promise<void>;
}

export interface ProgramOptions {
  readonly clock: Clock;
  readonly command: string;
  /** How many may run at one time; up to 256 more wait. */
  readonly parallel: number;
  readonly code: ErrorCode;
}

const TIMEOUT_MS = 15_000;
const MAXIMUM_OUTPUT = 32 << 20;
const MAXIMUM_WAITING = 256;

export function createPrograms({ clock, command, parallel, code }: ProgramOptions): Programs {
  const life = scope();
  const running = new Set<Promise<unknown>>();
  const waiting: (() => void)[] = [];
  let free = parallel;
  const enter = async () => {
    if (free > 0) {
      free -= 1;
      return;
    }
    if (waiting.length >= MAXIMUM_WAITING) throw new PiopiyError(code, "Too much is waiting for it already.");
    await new Promise<void>((resolve) => waiting.push(resolve));
  };
  const leave = () => {
    const next = waiting.shift();
    if (next) next();
    else free += 1;
  };
  const once = async (args: readonly string[], input: string, signal: AbortSignal) => {
    await enter();
    using turn = scope(signal);
    using lifetime = scope(life.signal);
    lifetime.onClose(() => turn.close(new PiopiyError(code, "The server is shutting down.")));
    const timer = clock.setTimer(TIMEOUT_MS, () => turn.close(new PiopiyError(code, `${command} took longer than ${TIMEOUT_MS} ms.`)));
    try {
      return await output(command, args, input, turn, code);
    } finally {
      timer.cancel();
      leave();
    }
  };
  return {
    async run(args, input, signal) {
      signal.throwIfAborted();
      const work = once(args, input, signal);
      running.add(work);
      const forget = () => void running.delete(work);
      work.then(forget, forget);
      return await work;
    },
    async close() {
      life.close();
      await Promise.allSettled(running);
    },
  };
}

function output(command: string, args: readonly string[], input: string, turn: Scope, code: ErrorCode): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    if (turn.signal.aborted) return reject(turn.signal.reason);
    const child = spawn(command, args, { stdio: ["pipe", "pipe", "ignore"] });
    const parts: Uint8Array[] = [];
    let length = 0;
    turn.onClose(() => {
      child.kill("SIGKILL");
      reject(turn.signal.reason);
    });
    child.on("error", (cause) => reject(new PiopiyError(code, `${command} cannot be started; it may not be installed.`, { cause })));
    child.stdout.on("data", (part: Uint8Array) => {
      parts.push(part);
      length += part.length;
      if (length > MAXIMUM_OUTPUT) turn.close(new PiopiyError(code, `${command} gave more than ${MAXIMUM_OUTPUT} bytes.`));
    });
    child.on("close", (status) => (status === 0 ? resolve(concatBytes(parts)) : reject(new PiopiyError(code, `${command} ended with status ${status ?? "unknown"}.`))));
    // A program that does not read to the end closes its side: what it says is judged by its status.
    child.stdin.on("error", () => undefined);
    return child.stdin.end(utf8(input));
  });
}
