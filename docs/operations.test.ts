import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { resolveConfig, startServer, type RunningServer } from "@piopiy/server";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const page = readFileSync(join(import.meta.dirname, "operations.md"), "utf8");
const root = join(import.meta.dirname, "..");
const source = (path: string) => readFile(join(root, "packages/server/src", path), "utf8");

let server: RunningServer;
let data = "";
beforeAll(async () => {
  data = await mkdtemp(join(tmpdir(), "piopiy-operations-"));
  const config = resolveConfig(undefined, {}, { httpPort: "0", sipUdp: "0", sipTcp: "0", mediaPorts: "0-0", data });
  if (!config.ok) throw new Error(JSON.stringify(config.issues));
  server = await startServer(config.value);
});
afterAll(async () => {
  await server.close();
  await rm(data, { recursive: true, force: true });
});

describe("docs/operations.md", () => {
  it("explains every metric there is, and no other", async () => {
    const metrics = await (await fetch(`${server.url}/metrics`)).text();
    const names = [...metrics.matchAll(/^# TYPE (piopiy_\w+) /gm)].map(([, name = ""]) => name);
    const explained = [...page.matchAll(/^\| `(piopiy_\w+)` \| /gm)].map(([, name = ""]) => name);
    expect(explained.toSorted()).toEqual(names.toSorted());
  });

  it("has every setting that can be given by flag, with its default", async () => {
    const text = await source("config/settings.ts");
    const rows = [...page.matchAll(/^\| `(--[a-z-]+)` \| `(PIOPIY_[A-Z_]+)` \| .* \| (.+) \|$/gm)].map(([, flag = "", env = "", value = ""]) => ({ flag, env, value }));
    expect(rows).toHaveLength([...text.matchAll(/^ {2}(?:setting\(|\{ path: )/gm)].length + 1);
    const defaults = resolveConfig(undefined, {}, {}, 4);
    if (!defaults.ok) throw new Error("the defaults are wrong");
    const { http, sip, media, drain, data: folder } = defaults.value;
    const told = Object.fromEntries(rows.map(({ flag, value }) => [flag, value.replaceAll("`", "")]));
    expect(told).toMatchObject({
      "--http-host": http.host, "--http-port": String(http.port), "--sip-udp": String(sip.udp), "--sip-tcp": String(sip.tcp),
      "--media-ports": media.ports.join("-"), "--drain": String(drain), "--data": folder,
    });
    for (const { flag, env } of rows) expect(env).toBe(`PIOPIY_${flag.slice(2).replaceAll("-", "_").toUpperCase()}`);
  });

  it("shows a configuration that is right", () => {
    const [, example = ""] = /```json\n([^]*?)```/.exec(page) ?? [];
    expect(resolveConfig(example, {}, {})).toMatchObject({ ok: true, warnings: [] });
  });

  it("tells limits and figures as they are", async () => {
    expect(await source("store/group-commit.ts")).toMatch(/QUEUE_LIMIT = 20_000;[^]*IMPATIENT_MS = 5000;\nconst PATIENT_MS = 600_000;/);
    expect(await source("control/retention/retention.ts")).toMatch(/EVERY_MS = 3_600_000;[^]*ROOM_EVERY_MS = 60_000;/);
    expect(await source("control/control.ts")).toContain("DRAIN_MS = 5000");
  });

  it("has the figures of the results that it links to", async () => {
    await promisify(execFile)(process.execPath, [join(root, "tools/sizing.mjs"), "--check"]);
    expect(/## Sizing[^]*?\n## /.exec(page)?.[0]).toMatch(/\| calls playing at a time, .* \| [1-9][\d,]* \|/);
  });

  it("has every setting of retention, with its default", () => {
    const [, table = ""] = /\| `retention\.` \|([^]*?)\n\n/.exec(page) ?? [];
    const rows = [...table.matchAll(/^\| `(\w+)` \| .* \| (.+) \|$/gm)].map(([, name = "", value = ""]) => [name, value]);
    const defaults = resolveConfig(undefined, {}, {});
    if (!defaults.ok) throw new Error("the defaults are wrong");
    expect(Object.fromEntries(rows.filter(([, value]) => /^\d+$/.test(value ?? "")).map(([name, value]) => [name, Number(value)]))).toEqual(defaults.value.retention);
    const every = Object.fromEntries(rows.map(([name]) => [name, 7]));
    expect(resolveConfig(JSON.stringify({ retention: every }), {}, {})).toMatchObject({ ok: true, value: { retention: every } });
    expect(rows).toHaveLength(7);
  });

  it("names answers and paths that exist", async () => {
    for (const path of ["/health", "/health/live", "/metrics"]) expect((await fetch(`${server.url}${path}`)).status, path).toBe(200);
    const { paths }: { readonly paths: Readonly<Record<string, unknown>> } = JSON.parse(await (await fetch(`${server.url}/openapi.json`)).text());
    for (const path of ["/events/{id}/resend", "/calls/{id}"]) expect(Object.keys(paths).map((one) => one.replace(/\{\w+\}/, "{id}"))).toContain(path);
  });
});
