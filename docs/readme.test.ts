import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { resolveConfig, type PhoneCall } from "@piopiy/server";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { run, startLiveServer, type LiveServer } from "./live-server.ts";

interface Example {
  readonly language: string;
  readonly code: string;
  readonly line: number;
}

const root = join(import.meta.dirname, "..");
const readme = await readFile(join(root, "README.md"), "utf8");
const ci = await readFile(join(root, ".ci/run"), "utf8");
const manifest: { readonly scripts: Readonly<Record<string, string>> } = JSON.parse(await readFile(join(root, "package.json"), "utf8"));
const examples = examplesOf(readme);
const bash = promisify(execFile);
const curl = await bash("bash", ["-c", "command -v curl"]).then(() => true, () => false);

let server: LiveServer;

beforeAll(async () => {
  server = await startLiveServer();
  // Of the bot.
  vi.stubEnv("PORT", "0");
});

afterAll(() => server.close());

describe("README.md", () => {
  it.each(ofLanguage("ts"))("line $line runs", async ({ code, line }) => {
    const rings = code.includes("voice.call") ? server.phone.nextCall() : undefined;
    const printed = await run(`readme-${line}`, code);
    expect(printed).toHaveLength(1);
    if (rings) {
      const call = await rings;
      if (code.includes("piopiy/stream")) await talkToEcho(call);
      await call.ended;
      expect(call.heard().samples.length).toBeGreaterThan(8000);
      expect(printed[0]).toMatch(/^[A-Za-z0-9]{43}$/);
    }
  });

  // A machine with nothing but Node may have no curl; its examples are then left to the others.
  it.skipIf(!curl).each(ofLanguage("sh").filter(({ code }) => code.startsWith("curl")))("line $line runs", async ({ code }) => {
    const { stdout } = await bash("bash", ["-c", code], { env: process.env });
    const body: unknown = JSON.parse(stdout);
    expect(body).toMatchObject(code.includes("make_call") ? { code: 200, status: "progress" } : { calls: expect.any(Array) });
  });

  it.each(ofLanguage("sh").filter(({ code }) => code.startsWith("npm")))("line $line is run by the CI script", ({ code }) => {
    for (const [, script = ""] of code.matchAll(/npm (?:run )?(?!ci\b)(\w+)/g)) {
      expect(Object.keys(manifest.scripts)).toContain(script);
      // `npm start` is run by an end-to-end test, as a process of its own.
      expect(script === "start" ? "npm run test:e2e" : ci).toMatch(script === "start" ? /e2e/ : new RegExp(`npm (run )?${script}\\b`));
    }
    expect(ci).toContain("npm ci");
  });

  it.each(ofLanguage("json"))("line $line is a configuration", ({ code }) => {
    const config = resolveConfig(code, {}, {});
    expect(config).toMatchObject({ ok: true, warnings: [] });
  });

  it("has no example that nothing checks", () => {
    const left = examples.filter(({ language, code }) => language === "sh" && !/^(npm|curl|export) /.test(code));
    expect(left).toEqual([]);
    expect([...new Set(examples.map(({ language }) => language))].toSorted()).toEqual(["json", "sh", "text", "ts"]);
  });

  it("links to what is there", async () => {
    for (const [, path = ""] of readme.matchAll(/\]\((?!https?:)([^)#]+)\)/g)) {
      await expect(readFile(join(root, path))).resolves.toBeDefined();
    }
  });
});

/** The bot says what it hears, and hangs up at a key. */
async function talkToEcho(call: PhoneCall): Promise<void> {
  call.sendTone(440);
  await call.hears(440, 1000);
  await call.press("1");
}

function ofLanguage(language: string): readonly Example[] {
  return examples.filter((example) => example.language === language);
}

function examplesOf(text: string): readonly Example[] {
  return [...text.matchAll(/^```(\w+)\n(.*?)^```/gms)].map((match) => ({
    language: match[1] ?? "",
    code: match[2] ?? "",
    line: text.slice(0, match.index).split("\n").length,
  }));
}
