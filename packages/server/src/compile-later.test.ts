import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, it } from "vitest";

// V8's flags are those of the process: in a process of its own, as the server is.

const built = new URL("../dist/compile-later.js", import.meta.url).href;
/** V8 tells in this bit of a function's status that TurboFan has compiled it. */
const FASTEST = 1 << 6;
const program = (before: string) => `
  ${before}
  const add = new Function("a", "b", "return a + b * 3 - (a & b)");
  let calls = 0;
  while (!(%GetOptimizationStatus(add) & ${FASTEST}) && calls < 1e6) add(calls++, 7);
  console.log(calls);`;

async function callsUntilCompiled(before: string): Promise<number> {
  const node = ["--allow-natives-syntax", "--no-concurrent-recompilation", "--no-maglev", "--input-type=module", "-e", program(before)];
  const { stdout, stderr } = await promisify(execFile)(process.execPath, node);
  // V8 complains there of a flag that it does not know.
  expect(stderr).toBe("");
  return Number(stdout);
}

it("V8 compiles a function for speed only after it has run five times as much, where it would do so too early", async () => {
  const usual = await callsUntilCompiled("");
  const later = await callsUntilCompiled(`import { compileLater } from ${JSON.stringify(built)}; compileLater();`);
  expect(usual).toBeGreaterThan(10);
  const times = process.versions.v8.startsWith("11.3.") ? 5 : 1;
  expect(later / usual).toBeGreaterThan(times * 0.8);
  expect(later / usual).toBeLessThan(times * 1.25);
});
