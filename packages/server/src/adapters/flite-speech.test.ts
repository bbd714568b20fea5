import { mkdtemp, readdir, readFile, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { audible, collect, parseWav } from "../audio/index.ts";
import { seededIds, systemClock } from "../base/index.ts";
import { createFliteSpeech, type FliteSpeechOptions, type Speech } from "./flite-speech.ts";
import { createSpeechCache, speechKey } from "./speech-cache.ts";

const never = new AbortController().signal;
let folder = "";
const open: Speech[] = [];
const speech = (over: Partial<FliteSpeechOptions> = {}) => {
  const made = createFliteSpeech({ cacheFolder: folder, clock: systemClock, ...over });
  open.push(made);
  return made;
};
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "speech-cache-"));
});
afterEach(async () => {
  for (const made of open.splice(0)) await made.close();
  await rm(folder, { recursive: true, force: true });
});

describe("speech", () => {
  it("is spoken, kept, and after a restart not spoken again", async () => {
    const first = speech();
    const source = await first.speak({ text: "Hello. Press one." }, never);
    expect(source.kind).toBe("speech");
    const samples = await collect(source);
    expect(audible(samples)).toBe(true);
    // Two short sentences take between one and four seconds.
    expect(samples.length / 8000).toBeGreaterThan(1);
    expect(samples.length / 8000).toBeLessThan(4);
    await first.close();
    const files = await readdir(folder);
    expect(files.toSorted()).toEqual([`${speechKey("slt", "Hello.")}.wav`, `${speechKey("slt", "Press one.")}.wav`].toSorted());

    // The thread of the second one can never finish in time: what it plays comes from the disk.
    const second = speech({ timeoutMs: 0 });
    expect(await collect(await second.speak({ text: "Hello. Press one." }, never))).toEqual(samples);
    await expect(second.speak({ text: "Something new." }, never)).rejects.toMatchObject({ code: "speech_failed" });
  });

  it("opens a cached sentence in under 5 ms and speaks a short new one fast", async () => {
    const made = speech({ voice: "kal16" });
    await made.speak({ text: "Warm up." }, never);
    let from = systemClock.monotonicMs();
    await made.speak({ text: "Welcome to the shop." }, never);
    // About 20 ms on an idle core; the bound leaves room for a busy machine.
    expect(systemClock.monotonicMs() - from).toBeLessThan(500);
    from = systemClock.monotonicMs();
    for (let time = 0; time < 20; time++) await made.speak({ text: "Welcome to the shop." }, never);
    expect((systemClock.monotonicMs() - from) / 20).toBeLessThan(5);
  });

  it("of different voices differs, and a voice of 16 kHz lasts as long as one of 8 kHz", async () => {
    const made = speech();
    const [narrow, wide] = await Promise.all(["kal", "kal16"].map(async (voice) => collect(await made.speak({ text: "One two three.", voice }, never))));
    expect(narrow).not.toEqual(wide);
    expect(narrow!.length / wide!.length).toBeGreaterThan(0.8);
    expect(narrow!.length / wide!.length).toBeLessThan(1.25);
  });

  it("of nothing but marks is nothing", async () => {
    expect((await collect(await speech().speak({ text: " ... !" }, never))).length).toBe(0);
  });

  it("reads what looks like an option as text", async () => {
    expect(audible(await collect(await speech({ voice: "kal" }).speak({ text: "--help me" }, never)))).toBe(true);
  });

  const refused: readonly (readonly [string, { text: string; language?: string; voice?: string }, string])[] = [
    ["a language it does not have", { text: "Hallo", language: "de-DE" }, "slt, awb, rms, kal, kal16"],
    ["a language that only begins like English", { text: "x", language: "enm" }, "language"],
    ["a voice it does not have", { text: "Hello", voice: "/etc/voice" }, "slt, awb, rms, kal, kal16"],
    ["a text in other letters", { text: "नमस्ते दुनिया" }, "Latin"],
    ["a text without end", { text: "a ".repeat(6000) }, "10000"],
  ];
  it.each(refused)("refuses %s with speech_failed", async (_, request, word) => {
    const failure = await speech().speak(request, never).then(() => undefined, (reason: Error) => reason);
    expect(failure).toMatchObject({ code: "speech_failed", message: expect.stringContaining(word) });
    expect(failure!.message).not.toContain(request.text);
  });

  it("takes English of any country", async () => {
    for (const language of ["en", "en-IN", "EN_us"]) {
      expect((await speech({ voice: "kal" }).speak({ text: "Hi.", language }, never)).kind).toBe("speech");
    }
  });

  it("is given up with the call", async () => {
    const caller = new AbortController();
    const speaking = speech().speak({ text: "Never heard." }, caller.signal);
    caller.abort("gone");
    await expect(speaking).rejects.toBe("gone");
  });
});

describe("the cache", () => {
  const samples = (value: number) => new Int16Array(1000).fill(value);
  const cache = (diskBytes = 1 << 20) => createSpeechCache({ folder, clock: systemClock, ids: seededIds(), memoryBytes: 1, diskBytes });

  it("keeps files that play, and nothing half written", async () => {
    const made = cache();
    await made.set("a", samples(7));
    expect(await readdir(folder)).toEqual(["a.wav"]);
    expect(parseWav(await readFile(join(folder, "a.wav"))).samples).toEqual(samples(7));
    expect(await made.get("a")).toEqual(samples(7));
    expect(await made.get("b")).toBeUndefined();
  });

  it("takes a damaged file for missing", async () => {
    await writeFile(join(folder, "a.wav"), "damaged");
    expect(await cache().get("a")).toBeUndefined();
  });

  it("does not grow beyond its bound, whatever an earlier run left", async () => {
    const before = cache();
    for (const [index, key] of ["old", "used", "new"].entries()) {
      await before.set(key, samples(index));
      await utimes(join(folder, `${key}.wav`), index + 1, index + 1);
    }
    await writeFile(join(folder, "left.tmp"), "half");
    await cache(3 * 2044).set("next", samples(9));
    expect((await readdir(folder)).toSorted()).toEqual(["new.wav", "next.wav", "used.wav"]);
  });

  it("that cannot write still serves from memory", async () => {
    await writeFile(join(folder, "file"), "");
    const made = createSpeechCache({ folder: join(folder, "file"), clock: systemClock, ids: seededIds(), memoryBytes: 1 << 20, diskBytes: 1 << 20 });
    await made.set("a", samples(1));
    expect(await made.get("a")).toEqual(samples(1));
  });
});
