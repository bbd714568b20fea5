import { describe, expect, it } from "vitest";
import { decodeAlaw, decodeUlaw, encodeAlaw, encodeUlaw, g711 } from "./g711.ts";

const everyCode = Uint8Array.from({ length: 256 }, (_, code) => code);
const everySample = Int16Array.from({ length: 65_536 }, (_, index) => index - 32_768);

// ITU-T G.711 tables 1a to 2b: the quantised value of the first and last step of each segment, in 16 bit scale.
const ulawPositive: readonly (readonly [code: number, sample: number])[] = [
  [0x80, 32_124], [0x8f, 16_764], [0x90, 15_996], [0x9f, 8316], [0xa0, 7932], [0xaf, 4092], [0xb0, 3900], [0xbf, 1980],
  [0xc0, 1884], [0xcf, 924], [0xd0, 876], [0xdf, 396], [0xe0, 372], [0xef, 132], [0xf0, 120], [0xfe, 8], [0xff, 0],
];
const alawPositive: readonly (readonly [code: number, sample: number])[] = [
  [0xaa, 32_256], [0xa5, 16_896], [0xba, 16_128], [0xb5, 8448], [0x8a, 8064], [0x85, 4224], [0x9a, 4032], [0x95, 2112],
  [0xea, 2016], [0xe5, 1056], [0xfa, 1008], [0xf5, 528], [0xca, 504], [0xc5, 264], [0xda, 248], [0xd5, 8],
];

describe("G.711 decodes the values of the recommendation", () => {
  it.each(ulawPositive)("µ-law 0x%i gives %i, and its mirror the negative", (code, sample) => {
    expect([...decodeUlaw(Uint8Array.of(code, code & 0x7f))]).toEqual([sample, -sample || 0]);
  });
  it.each(alawPositive)("A-law 0x%i gives %i, and its mirror the negative", (code, sample) => {
    expect([...decodeAlaw(Uint8Array.of(code, code & 0x7f))]).toEqual([sample, -sample]);
  });
});

describe("G.711 encodes", () => {
  it("every code back to itself; µ-law has two zeros, of which the positive one is sent", () => {
    expect([...encodeAlaw(decodeAlaw(everyCode))]).toEqual([...everyCode]);
    const ulaw = encodeUlaw(decodeUlaw(everyCode));
    expect([...ulaw]).toEqual([...everyCode].map((code) => (code === 0x7f ? 0xff : code)));
  });

  it.each(["PCMU", "PCMA"] as const)("every sample to the nearest code of its segment (%s)", (law) => {
    const back = g711[law].decode(g711[law].encode(everySample));
    let worst = 0;
    everySample.forEach((sample, index) => {
      const clipped = Math.min(32_635, Math.abs(sample));
      const error = Math.abs(Math.abs(back[index]!) - clipped);
      // Half a step of the segment: 1/32 of the value; µ-law's segments begin at a bias of 132, A-law's first two are equal.
      worst = Math.max(worst, error / (law === "PCMU" ? clipped + 132 : Math.max(256, clipped)));
    });
    expect(worst).toBeLessThan(1 / 30);
  });

  it.each(["PCMU", "PCMA"] as const)("monotonically (%s)", (law) => {
    const back = g711[law].decode(g711[law].encode(everySample));
    expect(back.every((sample, index) => index === 0 || sample >= back[index - 1]!)).toBe(true);
  });

  it("silence as silence", () => {
    expect([...encodeUlaw(new Int16Array(2))]).toEqual([g711.PCMU.silence, g711.PCMU.silence]);
    expect([...encodeAlaw(new Int16Array(2))]).toEqual([g711.PCMA.silence, g711.PCMA.silence]);
  });

  it("into a given place, leaving the rest alone", () => {
    const packet = new Uint8Array(6).fill(7);
    expect(encodeUlaw(Int16Array.of(0, 32_767), packet, 2)).toBe(packet);
    expect([...packet]).toEqual([7, 7, 0xff, 0x80, 7, 7]);
    const frame = new Int16Array(4).fill(9);
    expect(decodeAlaw(Uint8Array.of(0xaa), frame, 3)).toBe(frame);
    expect([...frame]).toEqual([9, 9, 9, 32_256]);
  });
});
