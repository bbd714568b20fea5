import { mkdtemp, readdir, readFile, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { audible, collect, parseWav } from "../../audio/index.ts";
import { PiopiyError, seededIds, systemClock } from "../../base/index.ts";
import { cpuMs } from "../../cpu-time.test.support.ts";
import { createFlite, type FliteOptions } from "./flite.ts";
import type { SpeechProvider } from "./provider.ts";
import { createSpeechCache, speechKey } from "./speech-cache.ts";
import { createSpeech, type Speech } from "./speech.ts";

const never = new AbortController().signal;
let folder = "";
const open: Speech[] = [];
const spokenBy = (...providers: readonly SpeechProvider[]) => {
  const made = createSpeech({ providers, cacheFolder: folder, clock: systemClock });
  open.push(made);
  return made;
};
const speech = (over: Partial<FliteOptions> = {}) => spokenBy(createFlite({ clock: systemClock, ...over }));
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
    expect(files.toSorted()).toEqual(["Hello.", "Press one."].map((text) => `${speechKey(createFlite({ clock: systemClock }).version, { voice: "slt", text, rate: 1 })}.wav`).toSorted());

    // The thread of the second one can never finish in time: what it plays comes from the disk.
    const second = speech({ timeoutMs: 0 });
    expect(await collect(await second.speak({ text: "Hello. Press one." }, never))).toEqual(samples);
    await expect(second.speak({ text: "Something new." }, never)).rejects.toMatchObject({ code: "speech_failed" });
  });

  it("opens a cached sentence in under 5 ms and speaks a short new one fast", async () => {
    const made = speech({ voice: "kal16" });
    await made.speak({ text: "Warm up." }, never);
    let spentMs = cpuMs();
    await made.speak({ text: "Welcome to the shop." }, never);
    // About 20 ms; the bound leaves room for a slow machine.
    expect(spentMs()).toBeLessThan(500);
    spentMs = cpuMs();
    for (let time = 0; time < 20; time++) await made.speak({ text: "Welcome to the shop." }, never);
    expect(spentMs() / 20).toBeLessThan(5);
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
    ["a text in other letters", { text: "नमस्ते दुनिया" }, "language"],
    ["a text that its language is not written in", { text: "नमस्ते", language: "en" }, "letters"],
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

/** A provider that "speaks" each sentence as one sample of its length, for voices of one language. */
function fakeProvider(language: string, about = language) {
  const said: string[] = [];
  let failing = false;
  const provider: SpeechProvider = {
    about, version: about,
    voiceFor: (wanted) => Promise.resolve((wanted.language ?? language).startsWith(language) ? (wanted.voice ?? "own") : undefined),
    prepare: (sentence) => sentence,
    synthesise({ voice, text, rate }) {
      said.push(`${voice} ${rate}: ${text}`);
      return failing ? Promise.reject(new PiopiyError("speech_failed")) : Promise.resolve(new Int16Array([text.length]));
    },
    close: () => Promise.resolve(),
  };
  return { provider, said, fail: () => (failing = true) };
}

describe("several providers", () => {
  it("speak what they have a voice for, the first one first", async () => {
    const [english, hindi] = [fakeProvider("en"), fakeProvider("hi")];
    const made = spokenBy(english.provider, hindi.provider);
    await made.speak({ text: "Hello." }, never);
    await made.speak({ text: "Hello.", language: "hi-IN", voice: "x" }, never);
    await made.speak({ text: "नमस्ते।" }, never);
    expect([english.said, hindi.said]).toEqual([["own 1: Hello."], ["x 1: Hello.", "own 1: नमस्ते।"]]);
    await expect(made.speak({ text: "Bonjour.", language: "fr" }, never)).rejects.toMatchObject({
      code: "speech_failed", message: "There is no voice for this language. en; hi.",
    });
  });

  it("do not take each other's sentences from the cache", async () => {
    const [one, two] = [fakeProvider("en", "one"), fakeProvider("en", "two")];
    for (const { provider } of [one, two]) await spokenBy(provider).speak({ text: "Hello." }, never);
    expect([one.said.length, two.said.length]).toEqual([1, 1]);
  });
});

describe("SSML", () => {
  it("is spoken with its pauses and its pace", async () => {
    const { provider, said } = fakeProvider("en");
    const document = '<speak>One. Two.<break time="250ms"/><prosody rate="fast">Code <say-as interpret-as="digits">12</say-as></prosody></speak>';
    const samples = await collect(await spokenBy(provider).speak({ text: document }, never));
    expect(said).toEqual(["own 1: One.", "own 1: Two.", "own 1.3: Code 1 2"]);
    expect(Array.from(samples)).toEqual([4, 4, ...new Int16Array(2000), 8]);
  });

  it("that is malformed is plain text, with a warning", async () => {
    const { provider, said } = fakeProvider("en");
    const warnings: string[] = [];
    await spokenBy(provider).speak({ text: "<speak>Hello <b>world</speak>", warn: (message) => warnings.push(message) }, never);
    expect(said).toEqual(["own 1: Hello world"]);
    expect(warnings).toEqual([expect.stringContaining("malformed")]);
  });

  it("is read faster and slower by Flite", async () => {
    const made = speech({ voice: "kal" });
    const length = async (rate: string) => (await collect(await made.speak({ text: `<speak><prosody rate="${rate}">One two three four.</prosody></speak>` }, never))).length;
    const [slow, normal, fast] = [await length("50%"), await length("100%"), await length("200%")];
    expect(slow / normal).toBeGreaterThan(1.7);
    expect(fast / normal).toBeLessThan(0.6);
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
