import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadConfig } from "./index.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "piopiy-config-"));
  await writeFile(join(folder, "a.json"), '\uFEFF{"http":{"port":1}}');
  await writeFile(join(folder, "b.json"), '{"http":{"port":2}}');
});
afterAll(() => rm(folder, { recursive: true }));

describe("loading the configuration", () => {
  it("reads the file named by the argument, the flag, or the environment, in this order", async () => {
    const a = join(folder, "a.json");
    const b = join(folder, "b.json");
    expect(await loadConfig({ file: a, env: { PIOPIY_CONFIG: b }, flags: { config: b } })).toMatchObject({ value: { http: { port: 1 } } });
    expect(await loadConfig({ env: { PIOPIY_CONFIG: b }, flags: { config: a } })).toMatchObject({ value: { http: { port: 1 } } });
    expect(await loadConfig({ env: { PIOPIY_CONFIG: b }, flags: {} })).toMatchObject({ value: { http: { port: 2 } } });
  });

  it("needs no file", async () => {
    expect(await loadConfig({ env: { PIOPIY_CONFIG: "" }, flags: { httpPort: 3 } })).toMatchObject({ ok: true, value: { http: { port: 3 } } });
  });

  it("says why a named file cannot be read", async () => {
    const file = join(folder, "none.json");
    const message = `must be a configuration file that can be read; ${file} cannot (ENOENT)`;
    expect(await loadConfig({ file, env: {}, flags: {} })).toEqual({ ok: false, issues: [{ path: "", message }] });
    expect(await loadConfig({ file: folder, env: {}, flags: {} })).toMatchObject({ ok: false, issues: [{ path: "" }] });
  });
});
