import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { toneSamples, wavFile } from "@piopiy/server";
import { RestClient } from "piopiy";
import type { StreamServer } from "piopiy/stream";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { run, startLiveServer, type LiveServer } from "./live-server.ts";

// The examples of bots, each on a real call: somebody speaks, presses keys, and listens.

const folder = join(import.meta.dirname, "sdk-examples");
const all = await Promise.all((await readdir(folder)).map(async (file) => ({ name: file.replace(/\.ts$/, ""), code: await readFile(join(folder, file), "utf8") })));
const examples = all.filter(({ code }) => code.includes("piopiy/stream"));

let server: LiveServer;
let own = "";

beforeAll(async () => {
  server = await startLiveServer();
  own = await mkdtemp(join(tmpdir(), "piopiy-examples-"));
  const welcome = join(own, "welcome.wav");
  await writeFile(welcome, wavFile({ channels: 1, sampleRateHz: 8000 }, toneSamples({ frequencyHz: 620, durationMs: 800 })));
  vi.stubEnv("PORT", "0");
  vi.stubEnv("WELCOME", welcome);
});

afterAll(async () => {
  await server.close();
  await rm(own, { recursive: true, force: true });
});

it.each(examples)("the example of $name does on a call what it says", async ({ name, code }) => {
  await run(name, code);
  const { bot }: { readonly bot: StreamServer } = await import(pathToFileURL(join(import.meta.dirname, "build", "examples", `${name}.ts`)).href);
  await bot.ready;
  const printed: unknown[] = [];
  const [log, error] = [vi.spyOn(console, "log").mockImplementation((text) => void printed.push(text)), vi.spyOn(console, "error")];
  const rings = server.phone.nextCall();
  const client = new RestClient(process.env["PIOPIY_APPID"] ?? "", process.env["PIOPIY_TOKEN"] ?? "");
  await client.voice.call(1000, 1001, [{ action: "stream", ws_url: `${bot.url}?user=7`, protocol: "v1" }]);
  const call = await rings;
  const hush = call.sendTone(440);
  // A key that is pressed before the stream is open is nobody's: whoever wants to be heard presses again.
  await vi.waitFor(async () => {
    if (code.includes("onDtmf")) await call.press("#");
    expect(printed.length).toBeGreaterThan(0);
  }, { timeout: 30_000, interval: 100 });
  hush();
  // Those who do not end the call themselves would have it go on.
  if (code.includes("hangup()")) expect(await call.ended).toMatchObject({ who: "peer" });
  else await call.hangup();
  expect(error).not.toHaveBeenCalled();
  await bot.close();
  log.mockRestore();
  error.mockRestore();
});
