import { readFile } from "node:fs/promises";
import type { Parsed } from "@piopiy/pcmo";
import type { Config } from "./config.ts";
import { resolveConfig } from "./resolve.ts";
import { fileSetting, type Environment, type Flags } from "./settings.ts";

/** The file that is read when none is named, if it is there. */
export const defaultFile = "piopiy.config.json";

export interface ConfigSources {
  /** Must exist when given. Otherwise the flag `config`, then `PIOPIY_CONFIG`, then `piopiy.config.json` if it is there. */
  readonly file?: string;
  readonly env: Environment;
  readonly flags: Flags;
}

/** Reads and checks the configuration. Never throws: a file that cannot be read is an issue. */
export async function loadConfig({ file, env, flags }: ConfigSources): Promise<Parsed<Config>> {
  const flag = flags[fileSetting.option];
  const named = file ?? (typeof flag === "string" ? flag : undefined) ?? (env[fileSetting.env] === "" ? undefined : env[fileSetting.env]);
  const read = await contents(named ?? defaultFile);
  if ("text" in read) return resolveConfig(read.text, env, flags);
  if (named === undefined && read.reason === "ENOENT") return resolveConfig(undefined, env, flags);
  const message = `must be a configuration file that can be read; ${named ?? defaultFile} cannot (${read.reason})`;
  return { ok: false, issues: [{ path: "", message }] };
}

async function contents(path: string): Promise<{ readonly text: string } | { readonly reason: string }> {
  try {
    return { text: await readFile(path, "utf8") };
  } catch (failure) {
    const code = failure instanceof Error && "code" in failure ? failure.code : undefined;
    return { reason: typeof code === "string" ? code : "unreadable" };
  }
}
