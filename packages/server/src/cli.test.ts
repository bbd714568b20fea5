import { spawn, type ChildProcess } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { randomIds, systemClock } from "./base/index.ts";
import { createPhone } from "./phone/index.ts";
import { app, apiOf, host } from "./server-world.test.support.ts";
import { VERSION } from "./version.ts";

// The program as it is installed: built, and in a process of its own.

const program = new URL("../dist/cli.js", import.meta.url).pathname;
let folder = "";
const started = new Set<ChildProcess>();
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "piopiy-cli-"));
});
afterAll(async () => {
  for (const child of started) child.kill("SIGKILL");
  await rm(folder, { recursive: true, force: true });
});

const environment = () => Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("PIOPIY_")));

function start(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const child = spawn(process.execPath, [program, ...args], { cwd: folder, env: { ...environment(), ...env }, stdio: ["ignore", "pipe", "pipe"] });
  started.add(child);
  const exited = new Promise<number | null>((resolve) => {
    child.once("exit", (code) => {
      started.delete(child);
      resolve(code);
    });
  });
  return { child, exited };
}

async function run(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const { child, exited } = start(args, env);
  const [out, err, code] = await Promise.all([text(child.stdout), text(child.stderr), exited]);
  return { out, err, code };
}

async function file(name: string, content: unknown): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, typeof content === "string" ? content : JSON.stringify(content));
  return path;
}

describe.concurrent("piopiy", () => {
  it("knows its version, which is the package's", async () => {
    const manifest: { readonly version: string } = JSON.parse(await readFile(new URL("../package.json", import.meta.url), "utf8"));
    expect(VERSION).toBe(manifest.version);
    expect(await run(["--version"])).toEqual({ out: `${VERSION}\n`, err: "", code: 0 });
  });

  it("says what it can do", async () => {
    const { out, code } = await run(["--help"]);
    expect([out.includes("serve"), out.includes("check"), code]).toEqual([true, true, 0]);
  });

  it("check takes a flow that is right, and warns of what it ignores", async () => {
    const path = await file("good.json", [{ action: "speak", text: "Hello" }, { action: "hangup", colour: "red" }]);
    expect(await run(["check", path])).toEqual({ out: expect.stringMatching(/\/1\/colour {2}is not a field here.*\n.*2 actions, all right\.\n$/s), err: "", code: 0 });
  });

  it.each<[string, unknown, number, RegExp]>([
    ["what is wrong, by pointer", [{ action: "speak" }, { action: "paly" }], 2, /\/0\/text {2}is missing; .*\n.*\/1\/action .*did you mean "play"/s],
    ["what is no list", { action: "speak" }, 2, /must be a list of actions/],
    ["what is no JSON", "[{", 1, /JSON/],
  ])("check refuses %s", async (name, flow, code, says) => {
    const path = await file(`${name.replaceAll(/\W/g, "-")}.json`, flow);
    expect(await run(["check", path])).toEqual({ out: "", err: expect.stringMatching(says), code });
  });

  it("check says so when there is no such file", async () => {
    expect(await run(["check", join(folder, "none.json")])).toMatchObject({ out: "", err: expect.stringContaining("ENOENT"), code: 1 });
  });

  it("serve refuses a wrong configuration with a line for each mistake, and code 2", async () => {
    const path = await file("wrong.json", { http: { port: "many" }, sip: { udp: 99_999 }, apps: [{ appid: 1 }], trunk: [] });
    const { out, err, code } = await run(["serve", "--config", path], { PIOPIY_MEDIA_WORKERS: "none" });
    expect([out, code]).toEqual(["", 2]);
    const lines = err.trim().split("\n").slice(1).map((line) => line.trim().split("  ")[0]);
    expect(lines).toEqual(expect.arrayContaining(["/http/port", "/sip/udp", "/apps/0/secret", "/trunk", "/media/workers"]));
    expect(err).toContain("(from PIOPIY_MEDIA_WORKERS)");
  });

  it.each<[string, readonly string[]]>([
    ["a file that is not there", ["--config", "/nowhere/piopiy.json"]],
    ["a log level that does not exist", ["--log-level", "loud", "--http-port", "0", "--sip-udp", "0", "--sip-tcp", "0"]],
  ])("serve refuses %s with code 2", async (_, args) => {
    const { out, err, code } = await run(["serve", ...args]);
    expect([out, code]).toEqual(["", 2]);
    expect(err).not.toContain("    at ");
  });

  it("refuses an option that does not exist", async () => {
    expect(await run(["serve", "--colour", "red"])).toMatchObject({ err: expect.stringContaining("--colour"), code: 1 });
  });
});

const printed: string[] = [];

/** Runs the server until it is ready; where its API and its SIP are. */
async function serve(config: string) {
  const { child, exited } = start(["serve", "--config", config]);
  const [url, port] = await new Promise<readonly [string, number]>((resolve, reject) => {
    let out = "";
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
      out += chunk;
      const [, address, sip] = /REST API\s+(\S+)[\s\S]*SIP\s+udp [\d.]+:(\d+)[\s\S]*again ends them\./.exec(out) ?? [];
      if (address !== undefined) resolve([address, Number(sip)]);
      if (address !== undefined) printed.push(out);
    });
    exited.then(() => reject(new Error("the server ended")), reject);
  });
  return { child, exited, api: apiOf({ url }), sip: { transport: "udp", host, port } as const };
}

describe("piopiy serve", () => {
  it("closes calls that a crash has left as interrupted, and ends its calls properly when it is asked to stop", async () => {
    const phones = [{ username: "alice", password: "secret", number: "919400000001" }];
    const config = await file("serve.json", {
      http: { host, port: 0 }, sip: { host, udp: 0, tcp: 0 }, media: { host, ports: [0, 0], workers: 1 }, data: join(folder, "data"), apps: [app], phones, drain: 0,
    });
    const long = [{ action: "record" }, { action: "input", action_url: "http://127.0.0.1:9/", timeout: 30 }];
    const callAlice = async ({ api, sip }: Awaited<ReturnType<typeof serve>>) => {
      const phone = await createPhone({ username: "alice", password: "secret", server: sip, host, clock: systemClock, ids: randomIds });
      await phone.registered;
      const picksUp = phone.nextCall();
      const id = await api.call("919400000001", long);
      return { phone, id, call: await picksUp };
    };

    const first = await serve(config);
    const lost = await callAlice(first);
    await first.api.record(lost.id);
    first.child.kill("SIGKILL");
    await first.exited;
    // Its server is gone: signing off takes as long as a phone tries.
    const switchedOff = lost.phone.close();

    // Configured secrets are not printed: what is printed ends up in a journal.
    expect(printed.join("")).toContain("(as configured)");
    for (const secret of [app.secret, "password   secret"]) expect(printed.join("")).not.toContain(secret);

    const second = await serve(config);
    const record = await second.api.record(lost.id);
    expect(record).toMatchObject({ status: "ended", cause: "interrupted", legs: [{ status: "ended", cause: "interrupted" }] });
    expect(record.timeline.at(-1)).toMatchObject({ type: "call.ended", data: { cause: "interrupted" } });
    const { phone, call } = await callAlice(second);
    second.child.kill("SIGTERM");
    expect(await call.ended).toMatchObject({ who: "peer" });
    expect(await second.exited).toBe(0);
    await Promise.all([switchedOff, phone.close()]);
  });
});
