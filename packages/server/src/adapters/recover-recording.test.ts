import { mkdtemp, open, rm, writeFile, readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { parseWav, pcmBytes, toneSamples, wavHeader } from "../audio/index.ts";
import { recoverRecording } from "./recover-recording.ts";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "recover-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const second = pcmBytes(toneSamples({ frequencyHz: 440, durationMs: 1000 }));

describe("recovering a recording", () => {
  it.each([
    ["whose header says nothing of its length", undefined, 1, second, 1000],
    ["whose header is behind", 320, 1, second, 1000],
    ["of two channels", 0, 2, second, 500],
    ["that was cut within a sample", 320, 2, second.subarray(0, 4003), 125],
  ] as const)("completes a file %s", async (_, saidBytes, channels, data, durationMs) => {
    const path = join(folder, "r.wav");
    await writeFile(path, [wavHeader({ sampleRateHz: 8000, channels }, saidBytes), data]);
    expect(await recoverRecording(path)).toBe(durationMs);
    const bytes = await readFile(path);
    expect(bytes.readUInt32LE(40)).toBe(bytes.length - 44);
    expect(bytes.readUInt32LE(4)).toBe(bytes.length - 8);
    expect(parseWav(bytes).channels.map((samples) => samples.length)).toEqual(Array.from({ length: channels }, () => durationMs * 8));
  });

  it("tells the length of an MP3 file, which plays as it is", async () => {
    const path = join(folder, "r.mp3");
    const file = await open(path, "w");
    // MPEG 2.5 layer III, 32 kbit/s, 8 kHz.
    await file.write(Uint8Array.of(0xff, 0xe3, 0x48, 0xc4));
    await file.truncate(8000);
    await file.close();
    expect(await recoverRecording(path)).toBe(2000);
  });

  it.each([["empty.wav", ""], ["short.wav", "RIFF"], ["silent.wav", Buffer.alloc(44)], ["no.mp3", "text"]])("finds nothing in %s", async (name, bytes) => {
    await writeFile(join(folder, name), bytes);
    expect(await recoverRecording(join(folder, name))).toBeUndefined();
  });

  it("finds nothing where there is no file", async () => {
    expect(await recoverRecording(join(folder, "gone.wav"))).toBeUndefined();
  });
});
