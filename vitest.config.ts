import { defineConfig } from "vitest/config";

// Workspace packages are tested from their sources, not from what was built last.
export default defineConfig({
  resolve: {
    alias: {
      "@piopiy/pcmo": new URL("packages/pcmo/src/index.ts", import.meta.url).pathname,
      "@piopiy/server": new URL("packages/server/src/index.ts", import.meta.url).pathname,
      piopiy: new URL("packages/sdk/src/index.ts", import.meta.url).pathname,
    },
  },
  test: {
    include: ["packages/*/src/**/*.test.ts", "examples/**/*.test.ts", "docs/**/*.test.ts"],
    testTimeout: 20_000,
    pool: "forks",
  },
});
