import { readFileSync } from "node:fs";
import { join } from "node:path";
import { resolveConfig } from "@piopiy/server";
import { describe, expect, it } from "vitest";

const page = readFileSync(join(import.meta.dirname, "security.md"), "utf8");
const rows = [...page.matchAll(/^\| (.+) \| \[\w+\]\(([^)]+)\) "(.+)" \|$/gm)].map(([, promise = "", file = "", title = ""]) => ({ promise, file, title }));

describe("docs/security.md", () => {
  it("has a proof for every promise", () => {
    const promised = page.split("| promise | proof |\n").slice(1).flatMap((table) => table.split("\n\n")[0]!.split("\n").slice(1));
    expect(rows.length).toBeGreaterThan(30);
    expect(rows).toHaveLength(promised.filter((line) => line.startsWith("|")).length);
  });

  it.each(rows)("$promise: $title", ({ file, title }) => {
    expect(readFileSync(join(import.meta.dirname, file), "utf8")).toContain(title);
  });

  it("shows a configuration that is right", () => {
    const [, example = ""] = /```json\n([^]*?)```/.exec(page) ?? [];
    expect(resolveConfig(example, {}, {})).toMatchObject({ ok: true, warnings: [] });
  });

  it("tells the defaults as they are", () => {
    const resolved = resolveConfig("{}", {}, {});
    if (!resolved.ok) throw new Error(JSON.stringify(resolved.issues));
    const { http, sip, media, limits, urls } = resolved.value;
    expect([http.host, sip.host, media.host]).toEqual(["127.0.0.1", "127.0.0.1", "127.0.0.1"]);
    expect([limits, urls, http.tls, sip.tls, http.proxies]).toEqual([undefined, undefined, undefined, undefined, undefined]);
    const rate = { app: 1000, address: 1000, bad_credentials: 30 };
    expect(resolveConfig('{"http":{"rate":{}},"limits":{}}', {}, {})).toMatchObject({ value: { http: { rate }, limits: { refer: false } } });
    const source = (name: string) => readFileSync(join(import.meta.dirname, "..", "packages", "server", "src", "api", name), "utf8");
    expect(source("door.ts")).toContain("{ app: 1000, address: 1000, bad_credentials: 30 }");
    expect(source("http-server.ts")).toContain("{ headersMs: 10_000, requestMs: 30_000, idleMs: 60_000, checkMs: 5000 }");
    expect(source("http-server.ts")).toMatch(/MAX_CONNECTIONS = 4096;[^]*MAX_HEADER_BYTES = 16_384;[^]*MAX_OF_ADDRESS = 1024;/);
    expect(resolveConfig('{"sip":{"guard":{}}}', {}, {})).toMatchObject({ value: { sip: { guard: { requests_per_second: 50, failures_per_minute: 12 } } } });
  });
});
