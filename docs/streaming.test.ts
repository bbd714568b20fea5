import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { parseExactBotMessage, parseExactServerMessage, parseFlow, parseStreamMessage } from "@piopiy/pcmo";
import { jsonSchemas, streamProtocolSchemas } from "@piopiy/pcmo/json-schema";
import { toneSamples, wavFile } from "@piopiy/server";
import { RestClient } from "piopiy";
import type { StreamServer } from "piopiy/stream";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { run, startLiveServer, type LiveServer } from "./live-server.ts";

const page = await readFile(join(import.meta.dirname, "streaming.md"), "utf8");
const blocks = [...page.matchAll(/^```(\w*)\n(.*?)^```/gms)].map(([, language = "", code = ""]) => ({ language, code }));
const coded = (language: string) => blocks.flatMap((block) => (block.language === language ? [block.code] : []));
const built = join(import.meta.dirname, "build", "examples");

let server: LiveServer;
beforeAll(async () => {
  server = await startLiveServer();
});
afterAll(() => server.close());

it("the bot of docs/streaming.md welcomes the caller with its file, says what it hears, and hangs up at #", async () => {
  const [bots] = [coded("js")];
  expect(bots).toHaveLength(1);
  // As a reader runs it who takes another port, in the folder in which the file is.
  const code = bots[0]!.replace("createStreamServer({", "export const bot = createStreamServer({").replace("port: 9000", "port: 0");
  const own = await mkdtemp(join(tmpdir(), "piopiy-bot-"));
  await writeFile(join(own, "welcome.wav"), wavFile({ channels: 1, sampleRateHz: 8000 }, toneSamples({ frequencyHz: 620, durationMs: 600 })));
  const home = process.cwd();
  process.chdir(own);
  try {
    await run("streaming-bot", code);
    const { bot }: { readonly bot: StreamServer } = await import(pathToFileURL(join(built, "streaming-bot.ts")).href);
    await bot.ready;
    const log = vi.spyOn(console, "log").mockImplementation(() => undefined);
    const rings = server.phone.nextCall();
    const client = new RestClient(process.env["PIOPIY_APPID"] ?? "", process.env["PIOPIY_TOKEN"] ?? "");
    await client.voice.call(1000, 1001, [{ action: "stream", ws_url: bot.url, protocol: "v1" }]);
    const call = await rings;
    await call.hears(620);
    call.sendTone(440);
    await call.hears(440);
    expect(log.mock.calls).toEqual([["heard it all"]]);
    await call.press("#");
    expect(await call.ended).toMatchObject({ who: "peer" });
    log.mockRestore();
    await bot.close();
  } finally {
    process.chdir(home);
    await rm(own, { recursive: true, force: true });
  }
});

describe("docs/streaming.md", () => {
  it.each(coded("json").map((code) => [code]))("shows what is understood: %s", (code) => {
    const value: unknown = JSON.parse(code);
    expect(Array.isArray(value) ? parseFlow(value) : parseStreamMessage(code)).toMatchObject({ ok: true, warnings: [] });
  });

  it("shows messages of the exact protocol as they are", () => {
    const said = [...page.matchAll(/^(?:bot|server) +([▶◀]) (.*)$/gm)].flatMap(([, way, line = ""]) =>
      line.split(" · ").flatMap((part) => (part.startsWith("{") && !part.includes("…") ? [{ way, part }] : [])));
    expect(said.length).toBeGreaterThan(4);
    for (const { way, part } of said) expect(way === "▶" ? parseExactBotMessage(part) : parseExactServerMessage(part), part).toMatchObject({ ok: true });
  });

  it.each(["server", "bot"] as const)("has every message of the %s, with all its fields", (from) => {
    const [servers = "", bots = ""] = page.split("The bot's:\n");
    const told = rowsOf(from === "server" ? servers.slice(servers.indexOf("| `type` | with | when |")) : bots.slice(0, bots.indexOf("\nAn interruption")));
    const expected = Object.values(streamProtocolSchemas()[from].$defs ?? {}).flatMap((schema) => {
      const { type, seq: _, ...fields } = propertiesOf(schema);
      return isRecord(type) && typeof type["const"] === "string" ? [[type["const"], Object.keys(fields)] as const] : [];
    });
    expect(expected.length).toBeGreaterThan(9);
    for (const [type, fields] of expected) {
      const [, cell = ""] = told.find(([names = ""]) => names.includes(`\`${type}\``)) ?? [];
      for (const field of fields) expect(`${type}: ${cell}`).toContain(`\`${field}\``);
    }
  });

  it("has every field of the action", () => {
    const { action: _, ...fields } = propertiesOf(jsonSchemas().StreamAction);
    const told = rowsOf(page.slice(page.indexOf("## The action"), page.indexOf("## The compatible protocol"))).map(([name]) => name);
    expect(new Set(told.slice(2))).toEqual(new Set(Object.keys(fields).map((field) => `\`${field}\``)));
  });
});

function rowsOf(text: string): readonly (readonly string[])[] {
  return [...text.matchAll(/^\| (.*?) \|$/gm)].map(([, row = ""]) => row.split(" | "));
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> => typeof value === "object" && value !== null;

function propertiesOf(schema: unknown): Readonly<Record<string, unknown>> {
  return isRecord(schema) && isRecord(schema["properties"]) ? schema["properties"] : {};
}
