import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import type { Check } from "./doctor/index.ts";
import { host } from "./server-world.test.support.ts";

// The program as it is installed, on this machine.

const program = new URL("../dist/cli.js", import.meta.url).pathname;

interface Report {
  readonly ok: boolean;
  readonly checks: readonly Check[];
}

function run(args: readonly string[]): Promise<{ readonly code: number; readonly out: string }> {
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [program, ...args], (_, out) => resolve({ code: child.exitCode ?? -1, out }));
  });
}

it("the doctor looks at everything, hears a tone both ways and a sentence, and fails for what is wrong", async () => {
  const folder = await mkdtemp(join(tmpdir(), "piopiy-doctor-"));
  const somebody = createServer();
  await new Promise<void>((resolve) => somebody.listen(0, host, resolve));
  const address = somebody.address();
  const held = typeof address === "object" && address ? address.port : 0;
  const file = join(folder, "piopiy.json");
  await writeFile(file, JSON.stringify({
    http: { host, port: 0 }, sip: { host, udp: 0, tcp: held, tls: { port: 0, cert: join(folder, "none.pem"), key: join(folder, "none.key") } }, media: { host, ports: [0, 0] }, data: join(folder, "data"),
  }));
  const { code, out } = await run(["doctor", "--config", file, "--json"]);
  const report: Report = JSON.parse(out);
  const names = report.checks.map(({ name }) => name);
  expect(names).toEqual([
    "node", "ports", "media ports", "sip address", "media address", "sip.tls certificate", "clock", "disk", "packets", "file handles", "audio", "speech", "event loop",
  ]);
  const of = (name: string) => report.checks.find((check) => check.name === name);
  expect(of("ports")).toMatchObject({ status: "failed", says: expect.stringContaining(`tcp ${host}:${held}`) });
  expect(of("sip.tls certificate")).toMatchObject({ status: "failed", says: expect.stringContaining("ENOENT") });
  // How well depends on the machine; that it is heard does not.
  const audio = of("audio")?.figures ?? {};
  expect([audio["heard_there_percent"], audio["heard_back_percent"]].every((share) => share !== undefined && share > 50)).toBe(true);
  expect(of("speech")).toMatchObject({ status: "ok", figures: { audible_ms: expect.any(Number) } });
  expect([code, report.ok]).toEqual([1, false]);
  await new Promise((resolve) => somebody.close(resolve));
  await rm(folder, { recursive: true });
});
