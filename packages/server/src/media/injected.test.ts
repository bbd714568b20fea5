import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { buildRtcp, writeRtpHeader } from "../rtp/index.ts";
import { Inbound } from "./inbound.ts";
import { createLatch } from "./latch.ts";
import { newCounters } from "./statistics.ts";

const peer = { host: "192.0.2.1", port: 4000 };
const nat = { host: "198.51.100.7", port: 6000 };
const MINE = 7;

function rtp(sequence: number, { ssrc = MINE, payloadType = 0, code = sequence & 0x7f } = {}): Uint8Array {
  const datagram = new Uint8Array(172).fill(code);
  writeRtpHeader(datagram, { marker: false, payloadType, ssrc, sequence: sequence & 0xffff, timestamp: (sequence * 160) >>> 0 });
  return datagram;
}

/** What the party is heard to say in 60 frames, while somebody else sends `injected` after each of its packets. */
function run(source: typeof peer, injected: readonly (readonly [from: typeof peer, datagram: Uint8Array])[]) {
  const counters = newCounters();
  const latch = createLatch();
  let controls = 0;
  const digits: string[] = [];
  const inbound = new Inbound(latch, counters, {
    digit: ({ digit }) => digits.push(digit),
    source: () => undefined,
    control: () => (controls += 1),
  });
  inbound.configure({ remote: peer, codec: "PCMU", payloadType: 0, telephoneEventPayloadType: 101, direction: "sendrecv" });
  const heard: number[] = [];
  const frame = new Int16Array(160);
  for (let sequence = 1; sequence <= 60; sequence++) {
    inbound.push(rtp(sequence), source.host, source.port, sequence * 20);
    for (const [from, datagram] of injected) inbound.push(datagram, from.host, from.port, sequence * 20 + 1);
    inbound.read(frame, sequence * 20 + 2);
    heard.push(...frame);
  }
  return { heard, counters, controls, digits, target: latch.target, block: inbound.reception.block(1300) };
}

const stranger = fc.record({ host: fc.constantFrom(nat.host, peer.host, "203.0.113.9"), port: fc.integer({ min: 7000, max: 7010 }) });
const datagram = fc.oneof(
  // As the peer would send it, SSRC and all.
  fc.record({ sequence: fc.nat(0xffff), ssrc: fc.constantFrom(MINE, 8), payloadType: fc.constantFrom(0, 13, 101), code: fc.nat(255) }).map(({ sequence, ...more }) => rtp(sequence, more)),
  fc.nat(0xffff).map((ssrc) => buildRtcp([{ type: "receiver_report", ssrc: 0x1_0000 + ssrc, blocks: [] }])),
  fc.uint8Array({ maxLength: 200 }),
);

describe.each([["sends from where SDP says", peer], ["is behind a NAT", nat]] as const)("a party that %s", (_, source) => {
  const undisturbed = run(source, []);

  it("is heard sample by sample as if nobody else sent to its port, and only it is sent to", () => {
    expect(undisturbed.heard.filter((sample) => sample !== 0).length).toBeGreaterThan(8000);
    fc.assert(
      fc.property(fc.array(fc.tuple(stranger, datagram), { minLength: 1, maxLength: 8 }), (injected) => {
        const disturbed = run(source, injected);
        const { packetsInvalid, ...counts } = disturbed.counters;
        expect(packetsInvalid).toBe(60 * injected.length);
        expect(disturbed).toEqual({ ...undisturbed, counters: { ...counts, packetsInvalid } });
        expect(counts).toMatchObject({ packetsReceived: 60, packetsLost: 0, packetsDiscarded: 0 });
      }),
      { seed: 33, numRuns: 60 },
    );
  });
});
