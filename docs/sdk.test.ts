import { execFile } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { parseFlow } from "@piopiy/pcmo";
import { RestClient } from "piopiy";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { run, startLiveServer, type LiveServer } from "./live-server.ts";

const folder = join(import.meta.dirname, "sdk-examples");
const examples = await Promise.all(
  (await readdir(folder)).map(async (file) => ({ name: file.replace(/\.ts$/, ""), code: await readFile(join(folder, file), "utf8") })),
);

let server: LiveServer;

beforeAll(async () => {
  server = await startLiveServer();
});

afterAll(() => server.close());

it("the pages say what the SDK's declarations say", async () => {
  const tool = join(import.meta.dirname, "..", "tools", "sdk-reference.mjs");
  const { stdout } = await promisify(execFile)(process.execPath, [tool, "--check"]);
  expect(stdout).toMatch(/^\d+ pages/);
});

describe("the example of", () => {
  it.each(examples.filter(({ code }) => !/RestClient|webhooks|piopiy\/stream/.test(code)))("$name builds something", async ({ name, code }) => {
    const [printed] = await run(name, code);
    const built: unknown = JSON.parse(String(printed));
    const isFlow = name.startsWith("Action.") || !/playStream|pause|resume|stop|interrupt/.test(name);
    expect(isFlow ? parseFlow(built) : built).toMatchObject(isFlow ? { ok: true } : { [name.endsWith("playStream") ? "type" : "action"]: expect.any(String) });
  });

  it.each(examples.filter(({ code }) => code.includes("voice.call(")))("$name makes a call", async ({ name, code }) => {
    const rings = server.phone.nextCall();
    expect(await run(name, code)).toEqual([expect.any(String)]);
    const call = await rings;
    await call.ended;
  });

  it.each(examples.filter(({ name }) => name.startsWith("webhooks.")))("$name runs", async ({ name, code }) => {
    const printed = await run(name, code);
    if (name === "webhooks.sign") expect(printed).toEqual(["dtmf"]);
  });

  it.each(examples.filter(({ name }) => name.endsWith(".list")))("$name tells what there was", async ({ name, code }) => {
    const client = new RestClient(process.env["PIOPIY_APPID"] ?? "", process.env["PIOPIY_TOKEN"] ?? "");
    const rings = server.phone.nextCall();
    await client.voice.call(1000, 1001, [{ action: "param", text: "x" }]);
    await (await rings).ended;
    await vi.waitFor(async () => expect((await run(name, code)).length).toBeGreaterThan(0), { timeout: 30_000 });
  });

  it.each(examples.filter(({ code }) => code.includes("CALL_ID")))("$name acts on a call", async ({ name, code }) => {
    const client = new RestClient(process.env["PIOPIY_APPID"] ?? "", process.env["PIOPIY_TOKEN"] ?? "");
    const rings = server.phone.nextCall();
    const { request_id } = await client.voice.call(1000, 1001, [{ action: "record" }]);
    const call = await rings;
    vi.stubEnv("CALL_ID", request_id);
    expect(await run(name, code)).toHaveLength(1);
    await call.hangup();
  });
});
