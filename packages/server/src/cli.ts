#!/usr/bin/env node
import { readFile } from "node:fs/promises";
import { parseFlow } from "@piopiy/pcmo";
import { Command } from "commander";
import { bench } from "./bench.ts";
import { messageOf } from "./base/index.ts";
import { fileSetting, loadConfig, settings, type Config, type Flags } from "./config/index.ts";
import { doctor } from "./doctor.ts";
import { issueLines, serve } from "./serve.ts";
import { VERSION } from "./version.ts";

// Whoever reads what is printed may leave (`piopiy serve | head`): the calls go on.
process.stdout.on("error", () => undefined);

const program = new Command("piopiy").description("Performs PCMO call flows on real SIP calls.").version(VERSION);

configured(program.command("serve", { isDefault: true }).description("run the server"))
  .option("--log-level <level>", "fatal, error, warn, info, debug or silent", "warn")
  .action(async (flags: Flags) => {
    const config = await configOf(flags);
    const logLevel = flags["logLevel"];
    process.exitCode = config ? await serve(config, { logLevel: typeof logLevel === "string" ? logLevel : "warn" }) : 2;
  });

configured(program.command("doctor").description("look at this machine and the configuration, and say what to fix"))
  .option("--json", "print JSON")
  .action(async (flags: Flags) => {
    const config = await configOf(flags);
    process.exitCode = config ? await doctor(config, { json: flags["json"] === true }) : 2;
  });

configured(program.command("bench").description("measure how many calls this machine carries"))
  .option("--seconds <seconds>", "how long it may take", "40")
  .option("--json", "print JSON")
  .action(async (flags: Flags) => {
    const config = await configOf(flags);
    const seconds = Number(flags["seconds"]);
    if (!config || !(seconds >= 10 && seconds <= 3600)) {
      if (config) console.error("--seconds must be a number from 10 to 3600.");
      process.exitCode = 2;
      return;
    }
    process.exitCode = await bench({ data: config.data, seconds, json: flags["json"] === true });
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

/** The command with a flag for every setting. */
function configured(command: Command): Command {
  command.option("--config <file>", fileSetting.about);
  for (const { flag, about } of settings) command.option(`${flag} <value>`, about);
  return command;
}

/** The configuration, or nothing when it is wrong: then that has been said. */
async function configOf(flags: Flags): Promise<Config | undefined> {
  const config = await loadConfig({ env: process.env, flags });
  if (!config.ok) {
    console.error(`The configuration is wrong:\n${issueLines(config.issues)}`);
    return undefined;
  }
  if (config.warnings.length > 0) console.error(`Of the configuration:\n${issueLines(config.warnings)}`);
  return config.value;
}

async function json(file: string): Promise<unknown> {
  return JSON.parse(await readFile(file, "utf8"));
}
