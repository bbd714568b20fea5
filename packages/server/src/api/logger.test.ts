import * as fc from "fast-check";
import type { Logger } from "pino";
import { afterEach, describe, expect, it } from "vitest";
import { channels, PiopiyError } from "../base/index.ts";
import { createLogger, logChannels } from "./index.ts";

const stops: (() => void)[] = [];
afterEach(() => {
  for (const stop of stops.splice(0)) stop();
});

function listen(level: "debug" | "info") {
  const lines: string[] = [];
  const logger = createLogger({ level, destination: { write: (line) => void lines.push(line) } });
  const stop = logChannels(logger);
  stops.push(stop);
  return { logger, lines, stop, parsed: () => lines.map((line): Readonly<Record<string, unknown>> => JSON.parse(line)) };
}

describe("the log", () => {
  it.each(["from", "to", "secret", "password", "digits", "dtmf", "text", "username"])("has no %s at any of three depths", (key) => {
    const { logger, lines } = listen("info");
    logger.info({ [key]: "918000000001", a: { [key]: "918000000002", b: { [key]: "918000000003" } } }, "x");
    expect(lines.join("")).not.toContain("91800000000");
    expect(lines.join("")).toContain("[redacted]");
  });

  it("tells of failures in the background, by their code", () => {
    const { parsed } = listen("info");
    channels.failure.publish({ layer: "control", failure: new PiopiyError("media_failed") });
    expect(parsed()).toMatchObject([{ level: 50, layer: "control", err: { code: "media_failed" } }]);
  });

  it("has no other properties of errors than those that say what failed", () => {
    const { lines, parsed } = listen("info");
    const cause = Object.assign(new TypeError("Invalid URL"), { code: "ERR_INVALID_URL", input: "http://user:hunter22@host" });
    channels.failure.publish({ layer: "x", failure: new PiopiyError("fetch_failed", undefined, { cause }) });
    expect(parsed()).toMatchObject([{ err: { type: "PiopiyError", code: "fetch_failed", cause: { type: "TypeError", code: "ERR_INVALID_URL" } } }]);
    expect(lines.join("")).not.toContain("hunter22");
  });

  it("has no configured secret, wherever it is planted and whatever it is", () => {
    const where = fc.constantFrom("message", "key", "deep", "list", "error", "cause", "stack", "json", "url", "basic");
    fc.assert(
      fc.property(fc.array(fc.string({ minLength: 6, maxLength: 40, unit: "binary" }), { minLength: 1, maxLength: 3 }), where, (secrets, place) => {
        const [secret = ""] = secrets;
        const lines: string[] = [];
        const logger = createLogger({ level: "debug", secrets, destination: { write: (line) => void lines.push(line) } });
        plant(logger, place, secret);
        expect(lines).toHaveLength(1);
        const line = lines.join("");
        expect(line).toContain("[redacted]");
        for (const form of [secret, JSON.stringify(secret).slice(1, -1)]) expect(line).not.toContain(form);
      }),
      { seed: 7, numRuns: 300 },
    );
  });

  it("tells of garbage by its length", () => {
    const { parsed, lines } = listen("debug");
    channels.sipGarbage.publish({ remote: "192.0.2.1:5060", reason: "no start line", bytes: new Uint8Array([104, 105]) });
    expect(parsed()).toMatchObject([{ level: 20, reason: "no start line", bytes: 2 }]);
    expect(lines.join("")).not.toContain("104");
  });

  it("has timelines in detail only, and without what was pressed", () => {
    const quiet = listen("info");
    const loud = listen("debug");
    channels.timeline.publish({ callId: "c", entry: { type: "digits.collected", data: { digits: "4242" } } });
    expect(quiet.lines).toEqual([]);
    expect(loud.parsed()).toMatchObject([{ callId: "c", entry: { type: "digits.collected" } }]);
    expect(loud.lines.join("")).not.toContain("4242");
  });

  it("stops when it is told to", () => {
    const { lines, stop } = listen("debug");
    stop();
    channels.failure.publish({ layer: "x", failure: new Error("y") });
    expect(lines).toEqual([]);
  });
});

function plant(logger: Logger, place: string, secret: string): void {
  if (place === "message") logger.info(`with ${secret} in it`);
  if (place === "key") logger.info({ token: secret }, "x");
  if (place === "deep") logger.info({ a: { b: { c: { d: { e: `${secret} and more` } } } } }, "x");
  if (place === "list") logger.info({ list: ["x", [secret]] }, "x");
  if (place === "error") logger.error({ err: new Error(`no ${secret}`) }, "x");
  if (place === "cause") logger.error({ err: new Error("x", { cause: new Error(secret) }) }, "x");
  if (place === "stack") logger.error({ err: Object.assign(new Error("x"), { stack: `at ${secret}` }) }, "x");
  if (place === "json") logger.info({ body: JSON.stringify({ secret }) }, "x");
  if (place === "url") logger.info({ url: `https://example.com/?token=${encodeURIComponent(wellFormed(secret))}`, also: secret }, "x");
  if (place === "basic") logger.info({ header: Buffer.from(secret).toString("base64"), also: secret }, "x");
}

const wellFormed = (text: string): string => Buffer.from(text).toString();
