#!/usr/bin/env node
import { readFile } from "node:fs/promises";
import { parseFlow } from "@piopiy/pcmo";
import { Command } from "commander";
import { messageOf } from "./base/index.ts";
import { fileSetting, loadConfig, settings } from "./config/index.ts";
import { issueLines, serve } from "./serve.ts";
import { VERSION } from "./version.ts";

// Whoever reads what is printed may leave (`piopiy serve | head`): the calls go on.
process.stdout.on("error", () => undefined);

const program = new Command("piopiy").description("Performs PCMO call flows on real SIP calls.").version(VERSION);

const serveCommand = program
  .command("serve", { isDefault: true })
  .description("run the server")
  .option("--config <file>", fileSetting.about)
  .option("--log-level <level>", "fatal, error, warn, info, debug or silent", "warn");
for (const { flag, about } of settings) serveCommand.option(`${flag} <value>`, about);
serveCommand.action(async (flags: Readonly<Record<string, string>>) => {
  const config = await loadConfig({ env: process.env, flags });
  if (!config.ok) {
    console.error(`The configuration is wrong:\n${issueLines(config.issues)}`);
    process.exitCode = 2;
    return;
  }
  if (config.warnings.length > 0) console.error(`Of the configuration:\n${issueLines(config.warnings)}`);
  process.exitCode = await serve(config.value, { logLevel: flags["logLevel"] ?? "warn" });
});

program
  .command("check")
  .description("check a PCMO flow (a JSON file) and say what would be right")
  .argument("<file>", "a file with a JSON array of actions")
  .action(async (file: string) => {
    const flow = parseFlow(await json(file));
    if (!flow.ok) {
      console.error(`${file} is no PCMO flow:\n${issueLines(flow.issues)}`);
      process.exitCode = 2;
      return;
    }
    if (flow.warnings.length > 0) console.log(issueLines(flow.warnings));
    console.log(`${file}: ${flow.value.length} actions, all right.`);
  });

await program.parseAsync().catch((failure: unknown) => {
  console.error(messageOf(failure));
  process.exitCode = 1;
});

async function json(file: string): Promise<unknown> {
  return JSON.parse(await readFile(file, "utf8"));
}
