import { availableParallelism } from "node:os";
import { join } from "node:path";
import { check, parseFlow, under, type Issue, type Parsed } from "@piopiy/pcmo";
import type { Config, NumberConfig } from "./config.ts";
import { appOf, crossCheck } from "./cross-check.ts";
import { encryptionWarnings } from "./encryption-issues.ts";
import { limitWarnings } from "./limit-warnings.ts";
import { ConfigSchema, type CheckedConfig } from "./schema.ts";
import { overlay, unknownVariables, type Environment, type Flags } from "./settings.ts";

/**
 * The configuration from a file's text (none: `undefined`), the environment over it, and the flags over both. Pure but
 * for the number of cores. Never throws.
 */
export function resolveConfig(
  fileContents: string | undefined,
  env: Environment,
  flags: Flags,
  cores: number = availableParallelism(),
): Parsed<Config> {
  const file = fileContents === undefined ? { value: {} } : readJson(fileContents);
  if ("message" in file) return { ok: false, issues: [{ path: "", message: file.message }] };
  const { value, sources } = overlay(file.value, env, flags);
  const checked = check(ConfigSchema, value);
  const issues = checked.ok ? crossCheck(checked.value) : checked.issues;
  if (!checked.ok || issues.length > 0) return { ok: false, issues: issues.map((issue) => withSource(issue, sources)) };
  return { ok: true, value: complete(checked.value, cores), warnings: [...flowWarnings(value), ...limitWarnings(checked.value), ...encryptionWarnings(checked.value), ...unknownVariables(env)] };
}

function complete(config: CheckedConfig, cores: number): Config {
  const { http, sip, media, speech, webhooks, limits, urls, retention, drain, data, apps, trunks, phones } = config;
  return {
    http,
    sip,
    media: { ...media, folder: media.folder ?? join(data, "media"), workers: media.workers ?? Math.max(1, cores - 1) },
    speech,
    webhooks,
    ...(limits && { limits }),
    ...(urls && { urls }),
    retention,
    drain,
    data,
    apps,
    numbers: config.numbers.map((route) => completeRoute(config, route)),
    trunks,
    phones,
  };
}

function completeRoute(config: CheckedConfig, route: CheckedConfig["numbers"][number]): NumberConfig {
  const app = appOf(config, route);
  const fallbackUrl = route.fallback_url ?? app?.fallback_url;
  const fallbackFlow = route.fallback_pcmo ?? app?.fallback_pcmo;
  const head = {
    number: route.number,
    ...(app === undefined ? {} : { app: app.appid }),
    ...(fallbackUrl === undefined ? {} : { fallback_url: fallbackUrl }),
    ...(fallbackFlow === undefined ? {} : { fallback_pcmo: fallbackFlow }),
    ...(route.stream_dialect === undefined ? {} : { stream_dialect: route.stream_dialect }),
  };
  const url = route.answer_url ?? (route.pcmo === undefined ? app?.answer_url : undefined);
  return url === undefined ? { ...head, pcmo: route.pcmo ?? [] } : { ...head, answer_url: url };
}

function flowWarnings(value: Readonly<Record<string, unknown>>): readonly Issue[] {
  const { numbers } = value;
  if (!Array.isArray(numbers)) return [];
  return numbers.flatMap((route: unknown, index) => {
    if (!isRecord(route) || route["pcmo"] === undefined) return [];
    const flow = parseFlow(route["pcmo"]);
    return flow.ok ? under(`/numbers/${index}/pcmo`, flow.warnings) : [];
  });
}

function withSource({ path, message }: Issue, sources: ReadonlyMap<string, string>): Issue {
  // Issues of a list's items belong to the setting that is the list.
  const source = sources.get(path) ?? sources.get(path.replace(/\/[0-9]+$/, ""));
  return source === undefined ? { path, message } : { path, message: `${message} (from ${source})` };
}

type Json = { readonly value: Readonly<Record<string, unknown>> } | { readonly message: string };

function readJson(text: string): Json {
  try {
    // Editors on Windows begin a file with a byte order mark.
    const value: unknown = JSON.parse(text.replace(/^\uFEFF/, ""));
    return isRecord(value) ? { value } : { message: "must be a JSON object such as {}" };
  } catch (failure) {
    return { message: `must be JSON${placeOf(failure, text)}` };
  }
}

// The parser's message quotes the text around the mistake, which can be a password: only the place is told.
function placeOf(failure: unknown, text: string): string {
  const position = failure instanceof Error ? /at position ([0-9]+)/.exec(failure.message)?.[1] : undefined;
  if (position === undefined) return "; it is malformed or ends too early";
  const lines = text.slice(0, Number(position)).split("\n");
  return `; it is malformed at line ${lines.length}, column ${(lines.at(-1) ?? "").length + 1}`;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
