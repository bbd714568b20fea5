import { defineConfig } from "vitest/config";
import base from "../vitest.config.ts";

// The fuzz tests of every package with much time and, unless one is told, a new seed each time. PIOPIY_FUZZ_MS is the
// time of one target; there are about twenty, which makes a minute.
process.env["PIOPIY_FUZZ_MS"] ??= "3000";
process.env["PIOPIY_FUZZ_TELL"] ??= "1";
process.env["PIOPIY_FUZZ_SEED"] ??= String(process.hrtime.bigint() % 2_147_483_647n);
console.log(`PIOPIY_FUZZ_SEED=${process.env["PIOPIY_FUZZ_SEED"]} PIOPIY_FUZZ_MS=${process.env["PIOPIY_FUZZ_MS"]}`);

export default defineConfig({
  ...base,
  test: { ...base.test, include: ["packages/**/src/**/*.fuzz.test.ts"], testTimeout: 300_000 },
});
