import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { collect, dominantTone, toneSamples, wavFile } from "../audio/index.ts";
import { mp3Tone } from "../audio/mp3-tone.test.data.ts";
import { systemClock, VirtualClock } from "../base/index.ts";
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
  await writeFile(join(folder, "ogg.wav"), "OggS and so on");
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

  it("is brought to 8 kHz", async () => {
    const samples = await collect(await named("wide.wav"));
    expect(samples.length).toBe(2400);
    expect(dominantTone(samples, candidates)).toBe(600);
  });

  it("opens in under 5 ms when it was played before, and anew when it has changed", async () => {
    await named("welcome.mp3");
    const from = systemClock.monotonicMs();
    for (let time = 0; time < 20; time++) await named("welcome.mp3");
    expect((systemClock.monotonicMs() - from) / 20).toBeLessThan(5);
    await writeFile(join(folder, "changing.wav"), tone(600));
    expect(await heard(await named("changing.wav"))).toBe(600);
    await writeFile(join(folder, "changing.wav"), wavFile({ sampleRateHz: 8000, channels: 1 }, toneSamples({ frequencyHz: 1000, durationMs: 400 })));
    expect(await heard(await named("changing.wav"))).toBe(1000);
  });

  const refused: readonly (readonly [name: string, word: string])[] = [
    ["missing.wav", "no file of this name"], ["folder", "not that of a file"], ["large.wav", "larger than 20000"],
    ["empty.wav", "empty"], ["ogg.wav", "an Ogg file"], ["text.wav", "neither WAV nor MP3"], ["broken.wav", "WAV"], ["broken.mp3", "MP3"],
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
