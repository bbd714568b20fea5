import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";

/** What the load generator prints, read by paths such as `server.cpu_pct`. */
export type LoadReport = unknown;

/** Runs the load generator, which tells on standard error how it gets on, and reads what it found. */
export async function runLoad([command = "python3", ...before]: readonly string[], options: readonly string[]): Promise<LoadReport> {
  const child = spawn(command, [...before, ...options], { stdio: ["ignore", "pipe", "inherit"] });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code) => resolve(code));
  });
  const [said, code] = await Promise.all([text(child.stdout), ended]);
  if (code !== 0) throw new Error(`the load generator ended with code ${code}`);
  return JSON.parse(said);
}

/** What stands at a path of names, `undefined` where nothing does. */
export function at(report: LoadReport, path: string): unknown {
  return path.split(".").reduce<unknown>((inside, name) => {
    const found = typeof inside === "object" && inside !== null ? Object.entries(inside).find(([key]) => key === name) : undefined;
    return found?.[1];
  }, report);
}

/** The numbers at a path of every run; of a single run, of that one. */
export function ofRuns(report: LoadReport, path: string): readonly number[] {
  const several = at(report, "runs") ?? at(report, "confirmed.runs");
  const runs: readonly LoadReport[] = Array.isArray(several) ? several : [report];
  return runs.map((run) => at(run, path)).filter((value) => typeof value === "number");
}
