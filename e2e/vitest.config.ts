import { defineConfig } from "vitest/config";
import base from "../vitest.config.ts";

// Real programs at the other end: slower, one at a time, run apart from `npm test`.
export default defineConfig({
  ...base,
  test: { ...base.test, include: ["e2e/*.test.ts"], testTimeout: 120_000, fileParallelism: false },
});
