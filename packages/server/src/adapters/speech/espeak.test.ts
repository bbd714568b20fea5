import { spawnSync } from "node:child_process";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { audible } from "../../audio/index.ts";
import { systemClock, VirtualClock } from "../../base/index.ts";
import { createAudioDecoder } from "../audio-decoder.ts";
import { createEspeak } from "./espeak.ts";
import { createPrograms } from "./program.ts";

const never = new AbortController().signal;
const command = "espeak-ng";
const installed = spawnSync(command, ["--version"]).status === 0;
const decoder = createAudioDecoder(systemClock);
afterAll(() => decoder.close());

describe.skipIf(!installed)("espeak-ng", () => {
  const espeak = createEspeak({ clock: systemClock, decoder });
  afterAll(() => espeak.close());

  it.each([
    [{}, "en-us"],
    [{ language: "hi" }, "hi"],
    [{ language: "hi-IN" }, "hi"],
    [{ language: "TA" }, "ta"],
    [{ language: "en_GB" }, "en-gb"],
    [{ language: "en-NZ" }, expect.stringMatching(/^en-..$/)],
    [{ voice: "hindi" }, "hi"],
    [{ voice: "ta", language: "ta-IN" }, "ta"],
    [{ voice: "f3", language: "hi" }, "hi+f3"],
    [{ voice: "hindi", language: "ta" }, undefined],
    [{ language: "xx" }, undefined],
    [{ voice: "../../etc" }, undefined],
  ])("has for %j the voice %j", async (wanted, voice) => expect(await espeak.voiceFor(wanted)).toEqual(voice));

  it("speaks in 8 kHz, and faster when asked to", async () => {
    const length = async (rate: number) => {
      const samples = await espeak.synthesise({ voice: "hi", text: "नमस्ते दुनिया, आप कैसे हैं?", rate }, never);
      expect(audible(samples)).toBe(true);
      return samples.length;
    };
    const normal = await length(1);
    expect(normal / 8000).toBeGreaterThan(0.8);
    expect(normal / 8000).toBeLessThan(6);
    expect(await length(2)).toBeLessThan(normal * 0.75);
  });

  it("takes nothing in a text for an option or a file", async () => {
    expect(audible(await espeak.synthesise({ voice: "en", text: "-f /etc/hostname --version", rate: 1 }, never))).toBe(true);
  });
});

describe("without espeak-ng", () => {
  it("there is no voice, and no failure", async () => {
    const espeak = createEspeak({ clock: systemClock, decoder, command: "no-such-program-here" });
    expect(await espeak.voiceFor({ language: "hi" })).toBeUndefined();
    await espeak.close();
  });
});

describe("programs", () => {
  let folder = "";
  let script = "";
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "programs-"));
    script = join(folder, "program");
    await writeFile(script, '#!/bin/sh\ncase "$1" in\nfail) exit 3;;\nhang) exec sleep 1000;;\n*) cat;;\nesac\n');
    await chmod(script, 0o755);
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));
  const programs = (clock = new VirtualClock(), parallel = 2) => ({ clock, made: createPrograms({ clock, command: script, parallel, code: "speech_failed" }) });
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

  it("read their input and give their output, many after each other", async () => {
    const { made } = programs();
    const outputs = await Promise.all(["a", "b", "c", "नमस्ते"].map((input) => made.run(["echo"], input, never)));
    expect(outputs.map(text)).toEqual(["a", "b", "c", "नमस्ते"]);
  });

  it("fail with their status, when they are not there, and when they take too long", async () => {
    const { made, clock } = programs();
    await expect(made.run(["fail"], "", never)).rejects.toMatchObject({ code: "speech_failed", message: expect.stringContaining("status 3") });
    const missing = createPrograms({ clock, command: join(folder, "missing"), parallel: 1, code: "speech_failed" });
    await expect(missing.run([], "", never)).rejects.toMatchObject({ code: "speech_failed", message: expect.stringContaining("installed") });
    const hanging = made.run(["hang"], "", never);
    hanging.catch(() => undefined);
    await clock.advance(15_000);
    await expect(hanging).rejects.toMatchObject({ message: expect.stringContaining("15000 ms") });
    expect(clock.timers).toBe(0);
  });

  it("end with the caller, with the server, and make room for the next", async () => {
    const { made } = programs(new VirtualClock(), 1);
    const caller = new AbortController();
    const hanging = made.run(["hang"], "", caller.signal);
    const next = made.run(["echo"], "next", never);
    caller.abort("gone");
    await expect(hanging).rejects.toBe("gone");
    expect(text(await next)).toBe("next");
    const last = made.run(["hang"], "", never);
    last.catch(() => undefined);
    await made.close();
    await expect(last).rejects.toMatchObject({ message: expect.stringContaining("shutting down") });
  });
});
