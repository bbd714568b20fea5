import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { concatBytes, concatSamples, utf8 } from "../base/index.ts";
import { createFileDecoder } from "./file-decoder.ts";
import { tonePower } from "./goertzel.ts";
import { opusSilence, opusStereo, opusTone, vorbisStereo, vorbisTone } from "./ogg-tone.test.data.ts";
import { createOggPages } from "./ogg-pages.ts";

const files: readonly (readonly [name: string, file: Uint8Array, ms: number])[] = [
  ["Opus", opusTone, 400], ["Opus in stereo", opusStereo, 200], ["Vorbis", vorbisTone, 400], ["Vorbis in stereo, at 16 kHz", vorbisStereo, 200],
];

async function decoded(file: Uint8Array, cuts: readonly number[] = [], maxMinutes = 5): Promise<Int16Array> {
  const decoder = createFileDecoder({ maxMinutes });
  try {
    const parts: Int16Array[] = [];
    const ends = [0, ...cuts.map((cut) => cut % file.length).toSorted((a, b) => a - b), file.length];
    for (const [index, to] of ends.entries()) parts.push(await decoder.push(file.subarray(ends[index - 1] ?? 0, to)));
    return concatSamples([...parts, await decoder.flush()]);
  } finally {
    decoder.close();
  }
}

const pagesOf = (file: Uint8Array) => createOggPages().push(file);
/** The same pages, each changed; their CRC is not looked at. */
const changed = (file: Uint8Array, change: (view: DataView, index: number) => void) =>
  concatBytes(pagesOf(file).map(({ bytes }, index) => {
    change(new DataView(bytes.buffer, bytes.byteOffset), index);
    return bytes;
  }));
const withSerial = (file: Uint8Array, serial: number) => changed(file, (view) => view.setUint32(14, serial, true));
const flacHead = changed(opusTone, (view, index) => index === 0 && view.setUint32(28, 0x464c_4143));

describe("an Ogg file with", () => {
  it.each(files)("%s is heard at 8 kHz, to the sample as long as it was", async (_, file, ms) => {
    const samples = await decoded(file);
    expect(samples.length).toBe(ms * 8);
    expect(tonePower(samples.subarray(400, -400), 1000)).toBeGreaterThan(0.98);
    const loudest = samples.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0);
    expect(loudest).toBeGreaterThan(12_000);
  });

  it.each(files)("%s is the same wherever it is cut", async (_, file) => {
    const whole = await decoded(file);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat({ max: file.length }), { maxLength: 8 }), async (cuts) => {
        expect(await decoded(file, cuts)).toEqual(whole);
      }),
      { seed: 6, numRuns: 5 },
    );
  });

  it("several streams one behind the other is all of them", async () => {
    const all = await decoded(concatBytes([opusTone, opusStereo, vorbisTone]));
    expect(all.length).toBe(1000 * 8);
    expect(tonePower(all.subarray(0, 3000), 1000)).toBeGreaterThan(0.95);
    expect(tonePower(all.subarray(-3000), 1000)).toBeGreaterThan(0.95);
  });

  it("streams between each other's pages is the first one", async () => {
    const [one, two] = [pagesOf(opusTone), pagesOf(withSerial(opusTone, 99))];
    const mixed = concatBytes(one.flatMap((page, index) => [page.bytes, two[index]!.bytes]));
    expect(await decoded(mixed)).toEqual(await decoded(opusTone));
  });

  it("something between its pages is heard all the same", async () => {
    const dirty = concatBytes(pagesOf(vorbisTone).flatMap(({ bytes }) => [bytes, utf8("OggOgOOg"), new Uint8Array(30)]));
    expect(await decoded(dirty)).toEqual(await decoded(vorbisTone));
  });

  it("an end that is missing is as long as it got", async () => {
    const samples = await decoded(opusTone.subarray(0, 1000));
    expect(samples.length).toBeGreaterThanOrEqual(280 * 8);
    expect(samples.length).toBeLessThan(400 * 8);
  });

  it.each<[string, Uint8Array, RegExp]>([
    ["FLAC", flacHead, /neither|begin with Opus or Vorbis/],
    ["no beginning", concatBytes(pagesOf(opusTone).slice(2).map(({ bytes }) => bytes)), /begin with Opus or Vorbis/],
    ["nothing but its head", pagesOf(opusTone)[0]!.bytes, /no audio/],
    ["200 channels", changed(opusTone, (view, index) => index === 0 && view.setUint8(28 + 9, 200)), /200 channels/],
    ["a rate of 1 Hz", changed(vorbisTone, (view, index) => index === 0 && view.setUint32(28 + 12, 1, true)), /1 Hz/],
    ["garbage", concatBytes([utf8("OggS"), Uint8Array.from({ length: 5000 }, (_, at) => (at * 7919) % 251)]), /no audio|neither/],
  ])("%s is bad_audio", async (_, file, message) => {
    await expect(decoded(file)).rejects.toMatchObject({ code: "bad_audio", message: expect.stringMatching(message) });
  });

  it("hours of silence in a few bytes is refused early", async () => {
    const file = opusSilence(20);
    expect((await decoded(file)).length).toBeGreaterThan(299 * 8000);
    await expect(decoded(file, [], 1)).rejects.toMatchObject({ code: "bad_audio", message: "The file is longer than 1 min." });
  });

  it("bytes that were changed never does anything but fail or be heard", async () => {
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(opusTone, vorbisTone), fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 20 }), async (file, changes) => {
        const broken = file.slice();
        for (const [at, value] of changes) broken[at % broken.length] = value;
        const outcome = await decoded(broken).then((samples) => samples.length, (failure: unknown) => failure);
        expect(typeof outcome === "number" || outcome instanceof Error).toBe(true);
      }),
      { seed: 1, numRuns: 15 },
    );
  });
});
