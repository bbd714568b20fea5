import { defineConfig } from "vitest/config";
import base from "../../vitest.config.ts";

// A server that is killed: a run of its own, `npm run test:crash`.
export default defineConfig({
  ...base,
  test: { ...base.test, include: ["e2e/crash/*.test.ts"] },
});
