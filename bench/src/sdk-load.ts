import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { figure, type Figure } from "./statistics.ts";

const RUNS = 15;
const here = fileURLToPath(new URL(".", import.meta.url));
const run = promisify(execFile);

const programs = {
  import: ["--input-type=module", "--eval", 'const from = performance.now(); await import("piopiy"); console.log(performance.now() - from);'],
  require: ["--input-type=commonjs", "--eval", 'const from = performance.now(); require("piopiy"); console.log(performance.now() - from);'],
} as const;

/** The time of the `import` or `require` itself, each in a fresh process. */
export async function sdkLoad(): Promise<readonly Figure[]> {
  const figures: Figure[] = [];
  for (const way of ["import", "require"] as const) {
    const loadMs: number[] = [];
    for (let at = 0; at < RUNS; at++) {
      const { stdout } = await run(process.execPath, [...programs[way]], { cwd: here });
      loadMs.push(Number(stdout));
    }
    figures.push(figure(`SDK: ${way}`, "ms", loadMs, { is: "at most", value: 30 }));
  }
  return figures;
}
