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
