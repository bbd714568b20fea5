import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { buildRtcp, parseRtcp, type RtcpPacket } from "./index.ts";

const bytes = (annotated: string): Uint8Array =>
  Uint8Array.from((annotated.replaceAll(/\/\/.*$/gm, "").match(/[0-9a-f]{2}/gi) ?? []).map((hex) => parseInt(hex, 16)));

const block = {
  ssrc: 9,
  fractionLost: 64,
  lost: -2,
  highestSequence: 0x00010005,
  jitter: 7,
  lastReport: 0x11223344,
  delaySinceLastReport: 65_536,
};
const blockWire = `00 00 00 09 // about SSRC 9
  40 ff ff fe       // a quarter lost, two more than were due
  00 01 00 05       // one wrap, then 5
  00 00 00 07 11 22 33 44 00 01 00 00`;

const table: readonly { readonly name: string; readonly wire: string; readonly packets: readonly RtcpPacket[] }[] = [
  {
    name: "sender report",
    wire: `81 c8 00 0c // V=2, one block, SR, 13 words
           00 00 00 01 // SSRC
           e0 00 00 00 80 00 00 00 // NTP: half a second
           00 00 00 a0 00 00 00 02 00 00 01 40
           ${blockWire}`,
    packets: [
      {
        type: "sender_report",
        ssrc: 1,
        sender: { ntpSeconds: 0xe0000000, ntpFraction: 0x80000000, rtpTimestamp: 160, packets: 2, bytes: 320 },
        blocks: [block],
      },
    ],
  },
  {
    name: "receiver report and description",
    wire: `81 c9 00 07 00 00 00 01 ${blockWire}
           81 ca 00 03 00 00 00 01 01 03 61 40 62 00 00 00 // CNAME a@b, closed and filled up`,
    packets: [
      { type: "receiver_report", ssrc: 1, blocks: [block] },
      { type: "description", chunks: [{ ssrc: 1, cname: "a@b" }] },
    ],
  },
  { name: "bye", wire: "81 cb 00 01 00 00 00 05", packets: [{ type: "bye", ssrcs: [5] }] },
  {
    name: "bye with a reason",
    wire: "81 cb 00 02 00 00 00 05 03 65 6e 64",
    packets: [{ type: "bye", ssrcs: [5], reason: "end" }],
  },
];

describe("RTCP", () => {
  it.each(table)("is read: $name", ({ wire, packets }) => expect(parseRtcp(bytes(wire))).toEqual(packets));
  it.each(table)("is written: $name", ({ wire, packets }) => expect(buildRtcp(packets)).toEqual(bytes(wire)));
  it.each(table)("comes back as it was written: $name", ({ packets }) => expect(parseRtcp(buildRtcp(packets))).toEqual(packets));

  it.each(table)("is refused when cut within a packet: $name", ({ wire, packets }) => {
    const datagram = bytes(wire);
    const ends = new Set(packets.map((_, index) => buildRtcp(packets.slice(0, index + 1)).length));
    for (let length = 0; length < datagram.length; length++) {
      if (!ends.has(length)) expect(parseRtcp(datagram.subarray(0, length))).toBeTypeOf("string");
    }
  });

  it.each([
    ["wrong_version", "41 cb 00 01 00 00 00 05"],
    ["beyond_end", "81 cb 00 02 00 00 00 05"],
    ["wrong_length", "82 cb 00 01 00 00 00 05"],
    ["wrong_length", "81 ca 00 02 00 00 00 01 01 09 61 62"],
  ])("is refused: %s", (failure, wire) => expect(parseRtcp(bytes(wire))).toBe(failure));

  it("never throws, and gives back what can be written again, whatever is changed of it", () => {
    const compound = fc.constantFrom(...table.map(({ wire }) => bytes(wire)));
    const changes = fc.array(fc.tuple(fc.nat(200), fc.nat(255)), { maxLength: 6 });
    fc.assert(fc.property(compound, changes, fc.nat(200), fc.uint8Array({ maxLength: 40 }), (datagram, changed, length, tail) => {
      const hostile = Uint8Array.from([...datagram.subarray(0, length), ...tail]);
      for (const [at, value] of changed) if (at < hostile.length) hostile[at] = value;
      const packets = parseRtcp(hostile);
      if (typeof packets === "string") return;
      const known = packets.filter(({ type }) => type !== "other");
      if (known.length > 0) expect(parseRtcp(buildRtcp(known))).toBeInstanceOf(Array);
    }), { seed: 12, numRuns: 2000 });
  });

  it("passes over types it does not look into", () => {
    expect(parseRtcp(bytes("80 cc 00 00 81 cb 00 01 00 00 00 05"))).toEqual([
      { type: "other", packetType: 204 },
      { type: "bye", ssrcs: [5] },
    ]);
  });
});
