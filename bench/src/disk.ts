import { closeSync, fsyncSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { figure, percentile, type Figure } from "./statistics.ts";

const RUNS = 5;
const WRITES = 100;

/** What the disk under the server's data takes to make one page durable: every call that is accepted waits for it. */
export function disk(): readonly Figure[] {
  const folder = mkdtempSync(join(tmpdir(), "piopiy-bench-"));
  const file = openSync(join(folder, "pages"), "w");
  const runs = Array.from({ length: RUNS }, () => Array.from({ length: WRITES }, () => oneWrite(file)));
  closeSync(file);
  rmSync(folder, { recursive: true });
  return [
    figure("Disk: fsync of one page, p50", "ms", runs.map((delays) => percentile(delays, 0.5))),
    figure("Disk: fsync of one page, p95", "ms", runs.map((delays) => percentile(delays, 0.95))),
  ];
}

function oneWrite(file: number): number {
  writeSync(file, new Uint8Array(4096));
  const fromMs = performance.now();
  fsyncSync(file);
  return performance.now() - fromMs;
}
