import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, it } from "vitest";

const root = join(import.meta.dirname, "..");

it("docs/configuration.md says what the schema says", async () => {
  const done = await promisify(execFile)(process.execPath, [join(root, "tools/configuration.mjs"), "--check"]);
  expect(done).toEqual({ stdout: "", stderr: "" });
});
