import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { decodeMp3, dominantTone, parseWav, tonesPresent, toneSamples } from "../audio/index.ts";
import { Emitter, seededIds, VirtualClock } from "../base/index.ts";
import type { RecordingPort } from "../interpreter/index.ts";
import { createRecordingFiles, type RecordingFilesOptions } from "./recording-files.ts";

type Leg = Parameters<RecordingPort["start"]>[0];
type Batch = Parameters<Parameters<Leg["audio"]["tap"]>[0]>[0];

/** A leg whose party speaks at 400 Hz and hears 1000 Hz, in batches of 100 ms. */
function talkingLeg() {
  const listeners = new Set<(batch: Batch) => void>();
  const end = new AbortController();
  const received = toneSamples({ frequencyHz: 400, durationMs: 100 });
  const sent = toneSamples({ frequencyHz: 1000, durationMs: 100 });
  const leg: Leg = {
    id: "leg-1",
    info: { direction: "inbound", from: "1", to: "2" },
    signal: end.signal,
    digits: new Emitter<{ digit: string }>(),
    answer: () => Promise.resolve(),
    play: () => Promise.resolve({ complete: true, heardMs: 0 }),
    control: { held: false, muted: false, hold: () => undefined, mute: () => undefined, sendDigits: () => Promise.resolve() },
    audio: {
      tap(listener, options) {
        listeners.add(listener);
        return () => {
          if (listeners.delete(listener)) options?.ended?.();
        };
      },
      listen: () => () => undefined,
      feed: () => assert.fail("a recording says nothing"),
    },
    join: () => () => undefined,
    hangup: () => Promise.resolve(end.abort()),
  };
  const talk = (durationMs: number) => {
    for (let at = 0; at < durationMs; at += 100) for (const listener of listeners) listener({ received, sent });
  };
  return { leg, talk, listeners };
}

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "recordings-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

function recorder(over: Partial<RecordingFilesOptions> = {}) {
  const told: { readonly event: string; readonly recording: { readonly file: string; readonly recordingId: string } }[] = [];
  const tell = (event: string) => (recording: { readonly file: string; readonly recordingId: string }) => void told.push({ event, recording });
  const clock = new VirtualClock();
  const files = createRecordingFiles({
    folder, clock, ids: seededIds(), onStarted: tell("started"), onCompleted: tell("completed"), onFailed: tell("failed"), ...over,
  });
  return { files, told, clock };
}
const events = (told: readonly { readonly event: string }[]) => told.map(({ event }) => event);

describe("a recording", () => {
  it("in stereo has the party left and what it hears right", async () => {
    const { files, told } = recorder();
    const { leg, talk, listeners } = talkingLeg();
    const recording = await files.start(leg, { channels: "stereo" });
    talk(1500);
    expect(await recording.stop()).toMatchObject({ durationMs: 1500 });
    const { channels, sampleRateHz } = parseWav(await readFile(join(folder, `${recording.id}.wav`)));
    expect(sampleRateHz).toBe(8000);
    expect(channels.map((channel) => dominantTone(channel, [400, 1000]))).toEqual([400, 1000]);
    expect(channels.map((channel) => channel.length)).toEqual([12_000, 12_000]);
    expect(listeners.size).toBe(0);
    expect(events(told)).toEqual(["started", "completed"]);
    expect(told[1]!.recording).toMatchObject({
      recordingId: recording.id, legId: "leg-1", durationMs: 1500, droppedMs: 0, bytes: 44 + 48_000, channels: "stereo",
    });
  });

  it("in mono has both", async () => {
    const { files } = recorder();
    const { leg, talk } = talkingLeg();
    const recording = await files.start(leg, { channels: "mono" });
    talk(500);
    await recording.stop();
    const { channels } = parseWav(await readFile(join(folder, `${recording.id}.wav`)));
    expect(channels.length).toBe(1);
    expect(tonesPresent(channels[0]!, [400, 700, 1000])).toEqual([400, 1000]);
  });

  it.each(["mono", "stereo"] as const)("as MP3 in %s has both parties, and plays from any beginning of its file", async (channels) => {
    const { files, told } = recorder();
    const { leg, talk } = talkingLeg();
    const recording = await files.start(leg, { channels, format: "mp3" });
    talk(3000);
    const end = await recording.stop();
    expect(end).toMatchObject({ durationMs: 3000, format: "mp3" });
    const file = told[0]!.recording.file;
    expect(file).toBe(join(folder, `${recording.id}.mp3`));
    const bytes = await readFile(file);
    expect(bytes.length).toBe(end.bytes);
    expect(told[1]!.recording).toMatchObject({ format: "mp3", bytes: end.bytes, durationMs: 3000, droppedMs: 0 });
    for (const part of [bytes, bytes.subarray(0, bytes.length / 2)]) {
      const decoded = await decodeMp3(part);
      expect(decoded.sampleRateHz).toBe(8000);
      const heard = (channels === "stereo" ? decoded.channels : [decoded.samples]).map((channel) => tonesPresent(channel, [400, 700, 1000]));
      expect(heard).toEqual(channels === "stereo" ? [[400], [1000]] : [[400, 1000]]);
      // The encoder's own delay is a tenth of a second or two.
      expect(Math.abs(decoded.samples.length - (24_000 * part.length) / bytes.length)).toBeLessThan(2400);
    }
    await files.close();
  });

  it("in MP3 is completed when the recorder closes", async () => {
    const { files, told } = recorder();
    const { leg, talk } = talkingLeg();
    const recording = await files.start(leg, { channels: "mono", format: "mp3" });
    talk(1000);
    const closing = files.close();
    await expect(recording.stop()).resolves.toMatchObject({ durationMs: 1000 });
    await closing;
    const late = await files.start(leg, { channels: "mono", format: "mp3" });
    await files.close();
    await expect(late.stop()).resolves.toMatchObject({ durationMs: 0 });
    expect(events(told)).toEqual(["started", "completed", "started", "completed"]);
  });

  it("has what was still under way when it was stopped", async () => {
    const { files } = recorder();
    const { leg } = talkingLeg();
    let untapped = 0;
    const late = { received: new Int16Array(320), sent: new Int16Array(320) };
    const recording = await files.start(
      {
        ...leg,
        audio: {
          ...leg.audio,
          tap: (listener, options) => async () => {
            untapped += 1;
            await Promise.resolve();
            listener(late);
            options?.ended?.();
          },
        },
      },
      { channels: "mono" },
    );
    expect(await recording.stop()).toEqual({ durationMs: 40, bytes: 44 + 640, format: "wav" });
    expect(untapped).toBe(1);
  });

  it("ends with the leg, and stopping it then again gives the same", async () => {
    let complete: () => void = () => undefined;
    const completed = new Promise<void>((resolve) => (complete = resolve));
    const { files } = recorder({ onCompleted: () => complete() });
    const { leg, talk } = talkingLeg();
    const recording = await files.start(leg, { channels: "mono" });
    talk(200);
    await leg.hangup();
    await completed;
    expect(files.open).toBe(0);
    expect(await recording.stop()).toMatchObject({ durationMs: 200 });
  });

  it("of a leg that has ended is empty and complete", async () => {
    const { files, told } = recorder();
    const { leg } = talkingLeg();
    await leg.hangup();
    const recording = await files.start(leg, { channels: "mono" });
    expect(await recording.stop()).toMatchObject({ durationMs: 0 });
    expect(events(told)).toEqual(["started", "completed"]);
  });

  it("can be played while it goes on: the header follows every second", async () => {
    const { files, clock, told } = recorder();
    const { leg, talk } = talkingLeg();
    const recording = await files.start(leg, { channels: "mono" });
    const file = told[0]!.recording.file;
    talk(300);
    await clock.advance(1000);
    talk(100);
    // Real disk work: look until the header has been brought up to date.
    let size = 0xffff_ffff;
    while (size === 0xffff_ffff) size = (await readFile(file)).readUInt32LE(40);
    expect([1600, 4800, 6400]).toContain(size);
    expect(dominantTone(parseWav((await readFile(file)).subarray(0, 44 + 1600)).samples, [400])).toBeUndefined();
    expect(tonesPresent(parseWav((await readFile(file)).subarray(0, 44 + 1600)).samples, [400, 1000])).toEqual([400, 1000]);
    await recording.stop();
  });

  it("is completed when the recorder closes", async () => {
    const { files, told } = recorder();
    const one = talkingLeg();
    const two = talkingLeg();
    await files.start(one.leg, { channels: "mono" });
    await files.start(two.leg, { channels: "stereo" });
    expect(files.open).toBe(2);
    await files.close();
    expect(files.open).toBe(0);
    expect(events(told)).toEqual(["started", "started", "completed", "completed"]);
  });
});

describe("a disk that fails", () => {
  const failure = { code: "media_failed", message: expect.stringContaining("could not be written") };

  it("from the beginning is told, and the call goes on", async () => {
    await writeFile(join(folder, "file"), "");
    const { files, told } = recorder({ folder: join(folder, "file", "inside") });
    const { leg, talk, listeners } = talkingLeg();
    const recording = await files.start(leg, { channels: "mono" });
    talk(100);
    await expect(recording.stop()).rejects.toMatchObject(failure);
    await expect(recording.stop()).rejects.toMatchObject({ message: expect.not.stringContaining(folder) });
    expect(events(told)).toEqual(["failed"]);
    expect([listeners.size, files.open]).toEqual([0, 0]);
  });

  it("never replaces what is there, and may end with the leg", async () => {
    const first = recorder();
    const { leg } = talkingLeg();
    await (await first.files.start(leg, { channels: "mono" })).stop();
    const second = recorder(); // The same seed: the same id.
    const recording = await second.files.start(leg, { channels: "mono" });
    await leg.hangup();
    await expect(recording.stop()).rejects.toMatchObject({ ...failure, message: expect.stringContaining("EEXIST") });
    expect(events(second.told)).toEqual(["failed"]);
    await second.files.close();
  });

  it("by lagging behind loses audio and says how much", async () => {
    const { files, told } = recorder();
    const { leg, talk } = talkingLeg();
    const recording = await files.start(leg, { channels: "mono" });
    talk(600_000); // 9.6 MB in one turn: the disk has no time to take any.
    await recording.stop();
    const { durationMs, droppedMs } = Object.assign({ durationMs: 0, droppedMs: 0 }, told[1]!.recording);
    expect(droppedMs).toBeGreaterThan(60_000);
    expect(durationMs + droppedMs).toBe(600_000);
  });
});
