import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { collect, dominantTone, toneSamples, wavFile } from "../audio/index.ts";
import { mp3Tone } from "../audio/mp3-tone.test.data.ts";
import { opusTone, vorbisStereo } from "../audio/ogg-tone.test.data.ts";
import { systemClock, VirtualClock } from "../base/index.ts";
import { cpuMs } from "../cpu-time.test.support.ts";
import { createAudioFiles, type AudioFiles } from "./audio-files.ts";
import { createHttpFetch } from "./http-fetch.ts";

const never = new AbortController().signal;
const tone = (frequencyHz: number) => wavFile({ sampleRateHz: 8000, channels: 1 }, toneSamples({ frequencyHz, durationMs: 300 }));
const at16k = wavFile({ sampleRateHz: 16_000, channels: 1 }, toneSamples({ frequencyHz: 300, durationMs: 600 }));

let folder = "";
let origin = "";
let files: AudioFiles;
const clock = new VirtualClock();
const asked: string[] = [];
let etag = '"1"';
let remote = tone(800);
const server = createServer((request, response) => {
  asked.push(`${request.url} ${request.headers["if-none-match"] ?? "-"}`);
  if (request.url === "/missing") response.writeHead(404).end("no");
  else if (request.url === "/page") response.end("<!doctype html><title>Sign in</title>");
  else if (request.headers["if-none-match"] === etag) response.writeHead(304).end();
  else response.writeHead(200, { etag, "content-type": "text/plain" }).end(remote);
});

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "media-"));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (typeof address === "object" && address) origin = `http://127.0.0.1:${address.port}`;
  const fetch = createHttpFetch({ allowPrivate: true, clock: systemClock });
  files = createAudioFiles({ folder, fetch, clock, maxFileBytes: 20_000 });
  await writeFile(join(folder, "welcome.mp3"), tone(400)); // The name lies: the content decides.
  await writeFile(join(folder, "music.mp3"), mp3Tone(30));
  await writeFile(join(folder, "wide.wav"), at16k);
  await writeFile(join(folder, "empty.wav"), "");
  await writeFile(join(folder, "flac.wav"), "fLaC and so on");
  await writeFile(join(folder, "voice.opus"), opusTone);
  await writeFile(join(folder, "music.ogg"), vorbisStereo);
  await writeFile(join(folder, "broken.ogg"), opusTone.subarray(0, 200));
  await writeFile(join(folder, "text.wav"), "just a text");
  await writeFile(join(folder, "broken.wav"), tone(400).subarray(0, 30));
  await writeFile(join(folder, "broken.mp3"), "ID3\u0004 and nothing more");
  await writeFile(join(folder, "large.wav"), new Uint8Array(20_001));
  await mkdir(join(folder, "folder"));
});
afterAll(async () => {
  await files.close();
  server.closeAllConnections();
  server.close();
  await rm(folder, { recursive: true });
});

const named = (name: string) => files.open({ type: "name", name }, never);
const fetched = (path: string) => files.open({ type: "url", url: origin + path }, never);
const candidates = [150, 300, 400, 600, 800, 1000];
const heard = async (source: Awaited<ReturnType<AudioFiles["open"]>>) => dominantTone(await collect(source), candidates);

describe("a file of the media folder", () => {
  it("is taken for what it contains", async () => {
    const source = await named("welcome.mp3");
    expect(source.kind).toBe("file");
    expect(await heard(source)).toBe(400);
  });

  it("may be an MP3", async () => {
    expect(await heard(await named("music.mp3"))).toBe(1000);
  });

  it.each([["voice.opus", 3200], ["music.ogg", 1600]])("may be an Ogg: %s", async (name, samples) => {
    const source = await collect(await named(name));
    expect([source.length, dominantTone(source, candidates)]).toEqual([samples, 1000]);
  });

  it("may be an Ogg that is decoded as it is played", async () => {
    const fetch = createHttpFetch({ allowPrivate: true, clock: systemClock });
    const pieces = createAudioFiles({ folder, fetch, clock, streamFromBytes: 100, decodeUpToBytes: 100 });
    const source = await collect(await pieces.open({ type: "name", name: "voice.opus" }, never));
    await pieces.close();
    expect([source.length, dominantTone(source, candidates)]).toEqual([3200, 1000]);
  });

  it("is brought to 8 kHz", async () => {
    const samples = await collect(await named("wide.wav"));
    expect(samples.length).toBe(2400);
    expect(dominantTone(samples, candidates)).toBe(600);
  });

  it("opens in under 5 ms when it was played before, and anew when it has changed", async () => {
    await named("welcome.mp3");
    const spentMs = cpuMs();
    for (let time = 0; time < 20; time++) await named("welcome.mp3");
    expect(spentMs() / 20).toBeLessThan(5);
    await writeFile(join(folder, "changing.wav"), tone(600));
    expect(await heard(await named("changing.wav"))).toBe(600);
    await writeFile(join(folder, "changing.wav"), wavFile({ sampleRateHz: 8000, channels: 1 }, toneSamples({ frequencyHz: 1000, durationMs: 400 })));
    expect(await heard(await named("changing.wav"))).toBe(1000);
  });

  const refused: readonly (readonly [name: string, word: string])[] = [
    ["missing.wav", "no file of this name"], ["folder", "not that of a file"], ["large.wav", "larger than 20000"],
    ["empty.wav", "empty"], ["flac.wav", "a FLAC file"], ["text.wav", "neither WAV nor MP3 nor Ogg"], ["broken.wav", "WAV"], ["broken.mp3", "MP3"], ["broken.ogg", "Ogg"],
    ["", "path"], ["../secret.wav", "path"], ["folder/file.wav", "path"], ["folder\\file.wav", "path"], ["/etc/passwd", "path"], ["..", "path"], [".hidden", "path"], ["a\0b", "path"],
  ];
  it.each(refused)("%j is bad_audio", async (name, word) => {
    const failure = await named(name).then(() => undefined, (reason: Error) => reason);
    expect(failure).toMatchObject({ code: "bad_audio", message: expect.stringContaining(word) });
    expect(failure!.message).not.toContain(folder);
  });
});

describe("a file from the network", () => {
  it("is fetched and decoded once for all who ask at the same time, and kept", async () => {
    asked.length = 0;
    const sources = await Promise.all([fetched("/a.wav"), fetched("/a.wav"), fetched("/a.wav")]);
    expect(await Promise.all(sources.map(heard))).toEqual([800, 800, 800]);
    expect(await heard(await fetched("/a.wav"))).toBe(800);
    expect(asked).toEqual(["/a.wav -"]);
  });

  it("is asked for again after a minute, and sent only when it has changed", async () => {
    await fetched("/b.wav");
    asked.length = 0;
    await clock.advance(60_000);
    expect(await heard(await fetched("/b.wav"))).toBe(800);
    await clock.advance(60_000);
    [etag, remote] = ['"2"', tone(1000)];
    expect(await heard(await fetched("/b.wav"))).toBe(1000);
    expect(asked).toEqual(['/b.wav "1"', '/b.wav "1"']);
  });

  it("that is not there is fetch_failed with the status", async () => {
    await expect(fetched("/missing")).rejects.toMatchObject({ code: "fetch_failed", message: expect.stringContaining("404") });
  });

  it("that is a web page is bad_audio", async () => {
    await expect(fetched("/page")).rejects.toMatchObject({ code: "bad_audio", message: expect.stringContaining("HTML") });
  });

  it("is given up when the caller goes", async () => {
    const caller = new AbortController();
    const opening = files.open({ type: "url", url: `${origin}/c.wav` }, caller.signal);
    caller.abort("gone");
    await expect(opening).rejects.toBe("gone");
  });
});

describe("a long file", () => {
  const long = wavFile({ sampleRateHz: 8000, channels: 1 }, toneSamples({ frequencyHz: 600, durationMs: 20_000 }));
  /** Audio files that take anything above 50 kB for long, and keep nothing decoded above 100 kB. */
  const opened: AudioFiles[] = [];
  const streaming = (over: Partial<Parameters<typeof createAudioFiles>[0]> = {}) => {
    const made = createAudioFiles({
      folder, clock: systemClock, fetch: createHttpFetch({ allowPrivate: true, clock: systemClock }), streamFromBytes: 50_000, decodeUpToBytes: 100_000, ...over,
    });
    opened.push(made);
    return made;
  };
  /** A server that sends the first part, and the rest only when it is told to. */
  let rest: () => void = () => undefined;
  let requests = 0;
  const slow = createServer((request, response) => {
    requests += 1;
    if (request.headers["if-none-match"] === '"long"') return response.writeHead(304).end();
    response.writeHead(200, { etag: '"long"' }).write(long.subarray(0, 120_000));
    rest = () => response.end(long.subarray(120_000));
    if (request.url === "/broken") rest = () => response.destroy();
    return undefined;
  });
  let slowOrigin = "";
  beforeAll(async () => {
    await writeFile(join(folder, "long.wav"), long);
    await writeFile(join(folder, "long.mp3"), mp3Tone(1200));
    await writeFile(join(folder, "long.txt"), "a long text ".repeat(10_000));
    await new Promise<void>((resolve) => slow.listen(0, "127.0.0.1", resolve));
    const address = slow.address();
    if (typeof address === "object" && address) slowOrigin = `http://127.0.0.1:${address.port}`;
  });
  afterAll(async () => {
    await Promise.all(opened.map((made) => made.close()));
    slow.closeAllConnections();
    slow.close();
  });

  it.each([["long.wav", 600, 20_000], ["long.mp3", 1000, 43_200]])("of the folder is played piece by piece: %s", async (name, frequencyHz, durationMs) => {
    const source = await streaming().open({ type: "name", name }, never);
    for (let time = 0; time < 2; time++) {
      const samples = await collect(source);
      expect(dominantTone(samples, candidates)).toBe(frequencyHz);
      expect(Math.abs(samples.length / 8 - durationMs)).toBeLessThan(100);
    }
  });

  it("is whole in memory, and what it takes is told, when it was prepared; unless it is decoded anew each time", async () => {
    const made = streaming({ decodeUpToBytes: 500_000 });
    expect(await made.prepare("long.wav", never)).toBe(320_000);
    expect((await made.open({ type: "name", name: "long.wav" }, never)).whole?.length).toBe(160_000);
    expect(await made.prepare("long.wav", never)).toBe(0);
    const anew = streaming();
    expect(await anew.prepare("long.wav", never)).toBe(0);
    expect((await anew.open({ type: "name", name: "long.wav" }, never)).whole).toBeUndefined();
    await expect(made.prepare("missing.wav", never)).rejects.toMatchObject({ code: "bad_audio" });
  });

  it("that is no audio is refused before it is played", async () => {
    await expect(streaming().open({ type: "name", name: "long.txt" }, never)).rejects.toMatchObject({ code: "bad_audio" });
  });

  it("from the network begins before it is all there, for everyone who asks, and is kept", async () => {
    const made = streaming();
    requests = 0;
    const url = `${slowOrigin}/long.wav`;
    const [one, other] = await Promise.all([1, 2].map(() => made.open({ type: "url", url }, never)));
    const reader = one!.chunks[Symbol.asyncIterator]();
    const first = await reader.next();
    expect(dominantTone(first.value, candidates)).toBe(600);
    const third = await made.open({ type: "url", url }, never);
    rest();
    for (const source of [other!, third]) expect((await collect(source)).length).toBe(160_000);
    expect(requests).toBe(1);
    await reader.return?.();
    expect((await collect(await made.open({ type: "url", url }, never))).length).toBe(160_000);
    expect(requests).toBe(1);
  });

  it("goes on coming when the first caller hangs up", async () => {
    const made = streaming();
    const caller = new AbortController();
    const url = `${slowOrigin}/left.wav`;
    await made.open({ type: "url", url }, caller.signal);
    caller.abort();
    const source = await made.open({ type: "url", url }, never);
    rest();
    expect((await collect(source)).length).toBe(160_000);
  });

  it("whose server goes away ends the playback with fetch_failed", async () => {
    const made = streaming();
    const source = await made.open({ type: "url", url: `${slowOrigin}/broken` }, never);
    rest();
    await expect(collect(source)).rejects.toMatchObject({ code: "fetch_failed" });
  });

  it("is asked for again only to hear that it has not changed", async () => {
    const made = streaming({ freshMs: 0 });
    const url = `${slowOrigin}/again.wav`;
    const source = await made.open({ type: "url", url }, never);
    rest();
    await collect(source);
    requests = 0;
    // The fetch is over a moment after its last byte has been played.
    expect((await collect(await made.open({ type: "url", url }, never))).length).toBe(160_000);
    expect(requests).toBeLessThanOrEqual(1);
  });

  it("that stops coming fails after ten seconds", async () => {
    const time = new VirtualClock();
    const made = streaming({ clock: time });
    const stalled = new Promise<void>((resolve) => slow.once("request", () => resolve()));
    const opening = made.open({ type: "url", url: `${slowOrigin}/stalled.wav` }, never);
    await stalled;
    const source = await opening;
    const reader = source.chunks[Symbol.asyncIterator]();
    for (let heard = 0; heard < 59_900; ) {
      const piece = await reader.next();
      heard += piece.done ? Infinity : piece.value.length;
    }
    const playing = reader.next();
    playing.catch(() => undefined);
    await time.advance(10_000);
    await expect(playing).rejects.toMatchObject({ code: "fetch_failed", message: expect.stringContaining("10000 ms") });
  });
});
