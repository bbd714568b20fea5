import { fork, type ChildProcess } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { EchoBotReport, EchoBotTold } from "./echo-bot.ts";

const LIMIT_MS = 10_000;

/** A program of ours in a process of its own, which is asked and answers. */
export interface Program<Told> {
  /** The next thing it tells. */
  told(withinMs?: number): Promise<Told>;
  ask(question: unknown): void;
  close(): Promise<void>;
}

/** Starts `name` from this folder by the command `under`, for example `["taskset", "-c", "1"]`. */
export function startProgram<Told>(name: string, under: readonly string[]): Program<Told> {
  const [first, ...rest] = under;
  const how = first === undefined ? {} : { execPath: first, execArgv: [...rest, process.execPath] };
  const child = fork(fileURLToPath(new URL(`${name}.js`, import.meta.url)), [], how);
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  return {
    told: (withinMs = LIMIT_MS) => nextOf(child, name, withinMs),
    ask: (question) => void child.send({ question }),
    async close() {
      if (child.connected) child.disconnect();
      await ended;
    },
  };
}

function nextOf<Told>(child: ChildProcess, name: string, withinMs: number): Promise<Told> {
  return new Promise((resolve, reject) => {
    const fail = (why: string) => reject(new Error(`${name} ${why}`));
    const late = setTimeout(() => fail(`said nothing within ${withinMs / 1000} s`), withinMs);
    child.once("message", (told: Told) => {
      clearTimeout(late);
      resolve(told);
    });
    child.once("exit", () => {
      clearTimeout(late);
      fail("has ended");
    });
  });
}

/** A bot that repeats what it hears, in a process of its own. */
export interface EchoBot {
  readonly port: number;
  report(): Promise<EchoBotReport>;
  close(): Promise<void>;
}

export async function startEchoBot(under: readonly string[]): Promise<EchoBot> {
  const program = startProgram<EchoBotTold>("echo-bot", under);
  const first = await program.told();
  if (!("port" in first)) throw new Error("the bot did not say where it listens");
  return {
    port: first.port,
    async report() {
      const told = program.told();
      program.ask("report");
      const report = await told;
      if (!("frames" in report)) throw new Error("the bot did not say how it gets on");
      return report;
    },
    close: () => program.close(),
  };
}
