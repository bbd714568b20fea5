import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { systemClock } from "./base/index.ts";
import { cpuMs } from "./cpu-time.test.support.ts";
import { chance, type Chance, mutated } from "./fuzz-mutation.test.support.ts";

// What the fuzz tests share: inputs made of seeds or of a grammar are given to a target, one after the other, until the
// time is over. PIOPIY_FUZZ_SEED chooses the inputs, PIOPIY_FUZZ_MS the time of each target: short with `npm test`, so
// that it is the same each time, long with `npm run test:fuzz`.

export interface FuzzTarget {
  /** A folder of `testdata/finds/` is named so: what was found before is given first. */
  readonly name: string;
  /** Right inputs, which are changed. */
  readonly seeds: readonly (string | Uint8Array)[];
  /** Words that mean something to the target. */
  readonly words?: readonly string[];
  /** Makes an input from nothing. */
  readonly grammar?: (chance: Chance) => string | Uint8Array;
  /**
   * Fails by throwing. What it returns is a short word for what became of the input: an input with a new one is changed
   * further, so that the rarely seen is seen more often.
   */
  readonly run: (input: Uint8Array) => string | number | undefined | void | Promise<string | number | undefined | void>;
  /** How long one input may be worked on, in ms. */
  readonly inputMs?: number;
  /** How much memory may be kept after all inputs, in bytes, beside what the first ones have left. */
  readonly growthBytes?: number;
}

export interface FuzzReport {
  readonly inputs: number;
  /** Different outcomes. */
  readonly outcomes: number;
  readonly slowestMs: number;
  readonly grownBytes: number;
}

const finds = join(import.meta.dirname, "../../../testdata/finds");
const seed = Number(process.env["PIOPIY_FUZZ_SEED"] ?? 20_261_122);
const budgetMs = Number(process.env["PIOPIY_FUZZ_MS"] ?? 250);
const CORPUS = 400;
const GROWTH_BYTES = 6 << 20;
const INPUT_MS = 500;
const RETRIES = 3;
/** A machine is not so busy that everything takes this many times as long. */
const WAITS = 20;

/** Runs a target for its time. Rejects with the first input that makes it throw, take too long, or keep memory; the input is a new file of its finds. */
export async function fuzz(target: FuzzTarget): Promise<FuzzReport> {
  const { name, run, inputMs = INPUT_MS, growthBytes = GROWTH_BYTES } = target;
  const corpus = target.seeds.map(bytesOf);
  const outcomes = new Set<string | number | undefined | void>();
  let [inputs, slowestMs] = [0, 0];

  const give = async (input: Uint8Array): Promise<boolean> => {
    const beganMs = systemClock.monotonicMs();
    const outcome = await run(input);
    const tookMs = systemClock.monotonicMs() - beganMs;
    slowestMs = Math.max(slowestMs, tookMs);
    inputs += 1;
    // What a busy machine takes its time for is no more work than before.
    if (tookMs > inputMs && (await isSlow(run, input, inputMs))) throw new Error(`took more than ${inputMs} ms`);
    return outcomes.size < outcomes.add(outcome).size;
  };
  const giveKept = async (input: Uint8Array): Promise<boolean> => {
    try {
      return await give(input);
    } catch (cause) {
      const smaller = await shrunk(give, input);
      throw new Error(`${name}, seed ${seed}: ${cause instanceof Error ? cause.message : String(cause)}. The input is ${keep(name, smaller)}.`, { cause });
    }
  };

  for (const input of [...found(name), ...corpus]) await giveKept(input);
  const first = Math.max(200, budgetMs);
  const until = async (endMs: number, from: number): Promise<number> => {
    for (let index = from; ; index += 1) {
      if (systemClock.monotonicMs() >= endMs) return index;
      const random = chance(seed + index * 2_654_435_761);
      const input = target.grammar && random.one(3) ? bytesOf(target.grammar(random)) : mutated(random.of(corpus), random, corpus, target.words ?? []);
      // A copy: an input may be a part of something larger.
      if (await giveKept(input) && corpus.length < CORPUS) corpus.push(input.slice());
    }
  };
  // What is made once (tables, compiled code, caches) is made in the first part, or soon after it: what leaks does so always.
  let next = await until(systemClock.monotonicMs() + first / 2, 0);
  const held = () => corpus.reduce((sum, { length }) => sum + length, 0);
  let grownBytes = Infinity;
  for (let time = 0; time < RETRIES && grownBytes > growthBytes; time += 1) {
    const before = keptBytes() - held();
    next = await until(systemClock.monotonicMs() + first / 2, next);
    grownBytes = keptBytes() - held() - before;
  }
  if (grownBytes > growthBytes) throw new Error(`${name}, seed ${seed}: ${grownBytes} bytes were kept after ${inputs} inputs.`);
  const report = { inputs, outcomes: outcomes.size, slowestMs: Math.round(slowestMs), grownBytes };
  if (process.env["PIOPIY_FUZZ_TELL"]) console.log(name, JSON.stringify(report));
  return report;
}

/** What was found before, oldest name first. */
function found(name: string): readonly Uint8Array[] {
  try {
    return readdirSync(join(finds, name)).sort().map((file) => new Uint8Array(readFileSync(join(finds, name, file))));
  } catch {
    return [];
  }
}

function keep(name: string, input: Uint8Array): string {
  const file = join(name, `${createHash("sha256").update(input).digest("hex").slice(0, 12)}.bin`);
  mkdirSync(join(finds, name), { recursive: true });
  writeFileSync(join(finds, file), input);
  return `testdata/finds/${file}`;
}

/** An input with parts left out that still fails; looked for briefly. */
async function shrunk(fails: (input: Uint8Array) => Promise<unknown>, input: Uint8Array): Promise<Uint8Array> {
  const endMs = systemClock.monotonicMs() + 3000;
  const isBad = async (candidate: Uint8Array) => {
    try {
      await fails(candidate);
      return false;
    } catch {
      return true;
    }
  };
  let smallest = input;
  for (let part = input.length >> 1; part > 0; part >>= 1) {
    for (let at = 0; at < smallest.length && systemClock.monotonicMs() < endMs;) {
      const without = Uint8Array.from([...smallest.subarray(0, at), ...smallest.subarray(at + part)]);
      if (await isBad(without)) smallest = without;
      else at += part;
    }
  }
  return smallest;
}

/** Each time it is worked on for longer than that, or waits for something that hardly comes. */
async function isSlow(run: FuzzTarget["run"], input: Uint8Array, inputMs: number): Promise<boolean> {
  for (let time = 0; time < RETRIES; time += 1) {
    const [beganMs, spentMs] = [systemClock.monotonicMs(), cpuMs()];
    await run(input);
    if (spentMs() <= inputMs && systemClock.monotonicMs() - beganMs <= WAITS * inputMs) return false;
  }
  return true;
}

setFlagsFromString("--expose-gc");
const collect: () => void = runInNewContext("gc");

function keptBytes(): number {
  collect();
  collect();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

export const bytesOf = (input: string | Uint8Array): Uint8Array => (typeof input === "string" ? new Uint8Array(Buffer.from(input, "utf8")) : input);

/** The messages of RFC 4475, where their folder is told by PIOPIY_RFC4475. */
export function tortureMessages(): readonly Uint8Array[] {
  const folder = process.env["PIOPIY_RFC4475"];
  if (folder === undefined) return [];
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((file) => /\.(?:dat|sip|txt|bin)$/.test(file)).sort();
  return files.map((file) => new Uint8Array(readFileSync(join(folder, file))));
}
