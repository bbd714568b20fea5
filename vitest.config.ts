import { defineConfig } from "vitest/config";

const source = (path: string) => new URL(path, import.meta.url).pathname;

// Workspace packages are tested from their sources, not from what was built last.
export default defineConfig({
  resolve: {
    alias: [
      { find: /^@piopiy\/pcmo$/, replacement: source("packages/pcmo/src/index.ts") },
      { find: /^@piopiy\/pcmo\/(.+)$/, replacement: source("packages/pcmo/src/$1.ts") },
      { find: /^@piopiy\/server$/, replacement: source("packages/server/src/index.ts") },
      { find: /^piopiy\/stream$/, replacement: source("packages/sdk/src/stream/index.ts") },
      { find: /^piopiy$/, replacement: source("packages/sdk/src/index.ts") },
    ],
  },
  test: {
    include: ["{packages,demo,bench}/**/src/**/*.test.ts", "examples/**/*.test.ts", "docs/**/*.test.ts"],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    pool: "forks",
  },
});
