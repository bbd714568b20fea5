import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isRtcp, parseRtcp, parseRtp, rtpView, writeRtpHeader, type RtpFailure, type RtpHeader } from "./index.ts";

/** Bytes written as hex, with what they mean behind `//`. */
const bytes = (annotated: string): Uint8Array =>
  Uint8Array.from((annotated.replaceAll(/\/\/.*$/gm, "").match(/[0-9a-f]{2}/gi) ?? []).map((hex) => parseInt(hex, 16)));

interface Case {
  readonly name: string;
  readonly wire: string;
  readonly header: RtpHeader;
  readonly payload: readonly number[];
}

const table: readonly Case[] = [
  {
    name: "a plain packet",
    wire: `80          // V=2
           00          // PT 0
           12 34       // sequence
           00 00 00 a0 // timestamp
           de ad be ef // SSRC
           ff 7f       // payload`,
    header: { marker: false, payloadType: 0, sequence: 0x1234, timestamp: 160, ssrc: 0xdeadbeef },
    payload: [0xff, 0x7f],
  },
  {
    name: "marker, highest numbers, no payload",
    wire: `80 ff // M, PT 127
           ff ff
           ff ff ff ff
           ff ff ff ff`,
    header: { marker: true, payloadType: 127, sequence: 0xffff, timestamp: 0xffffffff, ssrc: 0xffffffff },
    payload: [],
  },
  {
    name: "two contributing sources",
    wire: `82 08 00 01 00 00 00 02 00 00 00 03
           00 00 00 0a // CSRC
           00 00 00 0b // CSRC
           d5`,
    header: { marker: false, payloadType: 8, sequence: 1, timestamp: 2, ssrc: 3, csrcs: [10, 11] },
    payload: [0xd5],
  },
  {
    name: "a header extension (RFC 8285 one-byte form)",
    wire: `90 00 00 01 00 00 00 02 00 00 00 03
           be de 00 01 // profile, one word
           10 ff 00 00 // element 1, filled up
           01 02`,
    header: { marker: false, payloadType: 0, sequence: 1, timestamp: 2, ssrc: 3, extension: { profile: 0xbede, data: Uint8Array.of(0x10, 0xff) } },
    payload: [1, 2],
  },
];

describe("an RTP packet", () => {
  it.each(table)("is read: $name", ({ wire, header, payload }) => {
    const datagram = bytes(wire);
    const view = rtpView();
    expect(parseRtp(datagram, view)).toBeUndefined();
    const { marker, payloadType, sequence, timestamp, ssrc } = header;
    expect(view).toMatchObject({ marker, payloadType, sequence, timestamp, ssrc, csrcCount: header.csrcs?.length ?? 0 });
    expect(view.extensionProfile).toBe(header.extension?.profile ?? -1);
    expect([...datagram.subarray(view.payloadOffset, view.payloadOffset + view.payloadLength)]).toEqual(payload);
  });

  it.each(table)("is written: $name", ({ wire, header, payload }) => {
    const into = new Uint8Array(64).fill(0xee);
    const end = writeRtpHeader(into, header);
    into.set(payload, end);
    expect(into.subarray(0, end + payload.length)).toEqual(bytes(wire));
  });

  it.each(table)("is refused when cut anywhere before its payload: $name", ({ wire, payload }) => {
    const datagram = bytes(wire);
    for (let length = 0; length < datagram.length - payload.length; length++) {
      expect(parseRtp(datagram.subarray(0, length), rtpView())).toBeTypeOf("string");
    }
  });

  it.each<[RtpFailure, string]>([
    ["wrong_version", "40 00 00 01 00 00 00 02 00 00 00 03"],
    ["csrc_beyond_end", "8f 00 00 01 00 00 00 02 00 00 00 03"],
    ["extension_beyond_end", "90 00 00 01 00 00 00 02 00 00 00 03 be de 00 02 00 00 00 00"],
    ["padding_beyond_end", "a0 00 00 01 00 00 00 02 00 00 00 03 00"],
    ["padding_beyond_end", "a0 00 00 01 00 00 00 02 00 00 00 03 01 09"],
  ])("is refused: %s", (failure, wire) => {
    expect(parseRtp(bytes(wire), rtpView())).toBe(failure);
  });

  it("is read without its padding", () => {
    const view = rtpView();
    expect(parseRtp(bytes("a0 00 00 01 00 00 00 02 00 00 00 03 77 88 00 02"), view)).toBeUndefined();
    expect(view).toMatchObject({ payloadOffset: 12, payloadLength: 2 });
  });

  it("comes back as it was written, whatever it holds", () => {
    const word = fc.integer({ min: 0, max: 0xffffffff });
    const header = fc.record({
      marker: fc.boolean(),
      payloadType: fc.integer({ min: 0, max: 127 }),
      sequence: fc.integer({ min: 0, max: 0xffff }),
      timestamp: word,
      ssrc: word,
      csrcs: fc.array(word, { maxLength: 15 }),
    });
    fc.assert(
      fc.property(header, fc.uint8Array({ maxLength: 200 }), (written, payload) => {
        const datagram = new Uint8Array(12 + written.csrcs.length * 4 + payload.length);
        datagram.set(payload, writeRtpHeader(datagram, written));
        const view = rtpView();
        expect(parseRtp(datagram, view)).toBeUndefined();
        const { csrcs, ...rest } = written;
        expect(view).toMatchObject({ ...rest, csrcCount: csrcs.length, payloadLength: payload.length });
      }),
      { seed: 3550 },
    );
  });

  it("never throws, and never points outside of the datagram", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (datagram) => {
        const view = rtpView();
        parseRtcp(datagram);
        if (parseRtp(datagram, view) !== undefined) return;
        expect(view.payloadLength).toBeGreaterThanOrEqual(0);
        expect(view.payloadOffset + view.payloadLength).toBeLessThanOrEqual(datagram.length);
      }),
      { seed: 3551, numRuns: 2000 },
    );
  });

  it.each([
    ["80 00", false],
    ["80 c8", true],
    ["81 c9", true],
    ["80 e0", false],
    ["80", false],
  ])("is told from RTCP by its second byte: %s", (wire, rtcp) => {
    expect(isRtcp(bytes(wire))).toBe(rtcp);
  });
});
