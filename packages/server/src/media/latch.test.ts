import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createLatch, type Latch, type MediaAddress } from "./latch.ts";

const sdp = { host: "192.0.2.1", port: 4000 };
const nat = { host: "198.51.100.7", port: 6000 };
const stranger = { host: "203.0.113.9", port: 7000 };
const MINE = 7;
const OTHER = 8;

/** Packets of a source, 20 ms apart; the time of the last one. */
function talk(latch: Latch, { host, port }: MediaAddress, fromMs: number, packets = 50, ssrc = MINE): number {
  for (let index = 0; index < packets; index++) latch.heard(host, port, ssrc, fromMs + index * 20);
  return fromMs + (packets - 1) * 20;
}
const accepts = (latch: Latch, { host, port }: MediaAddress, atMs: number, ssrc = MINE) => latch.accepts(host, port, ssrc, atMs);

function latchTo(source: MediaAddress, packets?: number) {
  const latch = createLatch();
  latch.expect(sdp);
  return { latch, lastMs: talk(latch, source, 1000, packets) };
}

describe("symmetric RTP", () => {
  it("sends where SDP says until something comes, then to where it comes from", () => {
    const latch = createLatch();
    latch.expect(sdp);
    expect([latch.target, latch.named]).toEqual([sdp, true]);
    expect(accepts(latch, nat, 0)).toBe(true);
    expect(latch.heard(nat.host, nat.port, MINE, 0)).toBe(true);
    expect(latch.heard(nat.host, nat.port, MINE, 20)).toBe(false);
    expect(latch.target).toMatchObject(nat);
    expect(latch.named).toBe(false);
  });

  // Who sends first, who comes after it in which stream, and for how long the first one has to be silent before.
  it.each([
    ["its own stream from another port", sdp, { ...sdp, port: 4444 }, MINE, 200],
    ["its own stream from another host", nat, stranger, MINE, 200],
    ["another stream from another port of its host", nat, { ...nat, port: 6001 }, OTHER, 2000],
    ["another stream from the host in SDP", nat, { ...sdp, port: 4444 }, OTHER, 2000],
    ["another stream from elsewhere, behind a NAT", nat, stranger, OTHER, 10_000],
    ["another stream from elsewhere, when SDP tells the truth", sdp, stranger, OTHER, Infinity],
  ] as const)("lets the source be followed by %s", (_, source, next, ssrc, silenceMs) => {
    const { latch, lastMs } = latchTo(source);
    if (silenceMs === Infinity) return expect(accepts(latch, next, lastMs + 3_600_000, ssrc)).toBe(false);
    expect(accepts(latch, next, lastMs + silenceMs - 1, ssrc)).toBe(false);
    expect(accepts(latch, next, lastMs + silenceMs, ssrc)).toBe(true);
  });

  it("is not locked by a single packet from nowhere", () => {
    const { latch, lastMs } = latchTo(stranger, 1);
    expect(accepts(latch, nat, lastMs + 100, OTHER)).toBe(false);
    expect(accepts(latch, nat, lastMs + 200, OTHER)).toBe(true);
  });

  it("gives its place back to the address SDP named", () => {
    const { latch, lastMs } = latchTo(nat);
    expect(accepts(latch, sdp, lastMs + 1, OTHER)).toBe(true);
    latch.heard(sdp.host, sdp.port, OTHER, lastMs + 1);
    expect(accepts(latch, nat, lastMs + 20)).toBe(false);
    expect(latch.target).toMatchObject(sdp);
  });

  it("follows SDP to a new address though the old source sends on for a while", () => {
    const { latch, lastMs } = latchTo(sdp);
    latch.expect({ host: "192.0.2.2", port: 5000 });
    expect(latch.target).toEqual({ host: "192.0.2.2", port: 5000 });
    expect(accepts(latch, sdp, lastMs + 20)).toBe(false);
    expect(accepts(latch, nat, lastMs + 20)).toBe(true);
    expect(accepts(latch, sdp, lastMs + 2000)).toBe(true);
  });

  it.each([
    { host: "0.0.0.0", port: 4000 },
    { host: "::", port: 4000 },
    { host: "192.0.2.1", port: 0 },
  ])("sends nowhere when SDP says so, whoever sends here: $host $port", (nowhere) => {
    const { latch } = latchTo(sdp);
    latch.expect(nowhere);
    talk(latch, nat, 5000, 1);
    expect(latch.target).toBeUndefined();
  });

  it.each([
    ["while it is on hold, however long it is silent", (latch: Latch, nowMs: number) => latch.awaitSound(false, nowMs), 3_600_000],
    ["for 10 s once it has to send again", (latch: Latch, nowMs: number) => {
      latch.awaitSound(false, nowMs);
      latch.awaitSound(true, nowMs + 3_590_001);
    }, 3_600_000],
    ["while it has no address at all", (latch: Latch, nowMs: number) => {
      latch.awaitSound(false, nowMs);
      latch.expect({ host: "0.0.0.0", port: 4000 });
    }, 3_600_000],
    ["when it has one again, the same", (latch: Latch, nowMs: number) => {
      latch.awaitSound(false, nowMs);
      latch.expect({ host: "0.0.0.0", port: 4000 });
      latch.awaitSound(true, nowMs + 3_600_000);
      latch.expect(sdp);
    }, 3_600_000],
  ] as const)("lets nobody else take the place of a source behind a NAT %s", (_, hold, silentMs) => {
    const { latch, lastMs } = latchTo(nat);
    hold(latch, lastMs);
    expect(accepts(latch, stranger, lastMs + silentMs, OTHER)).toBe(false);
    // Its NAT may have given it another port meanwhile.
    expect(accepts(latch, { ...nat, port: 6001 }, lastMs + silentMs, OTHER)).toBe(true);
    expect(accepts(latch, stranger, lastMs + silentMs, MINE)).toBe(true);
    expect(accepts(latch, nat, lastMs + silentMs)).toBe(true);
  });

  it("lets others take its place again when it has been silent for 10 s that it should have sent in", () => {
    const { latch, lastMs } = latchTo(nat);
    latch.awaitSound(false, lastMs);
    latch.awaitSound(true, lastMs + 60_000);
    latch.awaitSound(true, lastMs + 65_000);
    expect(accepts(latch, stranger, lastMs + 69_999, OTHER)).toBe(false);
    expect(accepts(latch, stranger, lastMs + 70_000, OTHER)).toBe(true);
  });

  it("sends to the source again at once after a hold without an address", () => {
    const { latch, lastMs } = latchTo(nat);
    latch.expect({ host: "0.0.0.0", port: 4000 });
    talk(latch, nat, lastMs + 20, 10);
    expect(latch.target).toBeUndefined();
    latch.expect(sdp);
    expect(latch.target).toMatchObject(nat);
    expect(accepts(latch, nat, lastMs + 240)).toBe(true);
  });

  it("keeps the source when SDP says the same again", () => {
    const { latch } = latchTo(nat);
    latch.expect({ ...sdp });
    expect(latch.target).toMatchObject(nat);
  });

  it("knows the hosts of the source and of SDP", () => {
    const { latch } = latchTo(nat);
    expect([nat, sdp, stranger].map(({ host }) => latch.knows(host))).toEqual([true, true, false]);
  });
});

const address = fc.record({ host: fc.constantFrom(sdp.host, nat.host, stranger.host), port: fc.integer({ min: 1024, max: 1030 }) });
const injected = fc.array(fc.record({ from: address, ssrc: fc.integer({ min: 0, max: 2 ** 32 - 1 }), afterMs: fc.double({ min: 0, max: 19.9, noNaN: true }) }), { maxLength: 60 });

describe("whoever injects packets while the peer sends", () => {
  it.each([["the named address", sdp], ["behind a NAT", nat]] as const)("is neither heard nor sent to: %s", (_, peer) => {
    fc.assert(fc.property(injected, (packets) => {
      const { latch, lastMs } = latchTo(peer);
      let nowMs = lastMs;
      for (const { from, ssrc, afterMs } of packets) {
        expect(accepts(latch, from, nowMs + afterMs, ssrc)).toBe(false);
        nowMs += 20;
        expect(accepts(latch, peer, nowMs)).toBe(true);
        latch.heard(peer.host, peer.port, MINE, nowMs);
        expect(latch.target).toMatchObject(peer);
      }
    }), { seed: 17, numRuns: 300 });
  });

  it("does not keep the named address out, whatever came before", () => {
    fc.assert(fc.property(injected, (packets) => {
      const latch = createLatch();
      latch.expect(sdp);
      let nowMs = 0;
      for (const { from, ssrc, afterMs } of packets) {
        nowMs += afterMs;
        if (accepts(latch, from, nowMs, ssrc)) latch.heard(from.host, from.port, ssrc, nowMs);
      }
      expect(accepts(latch, sdp, nowMs)).toBe(true);
      latch.heard(sdp.host, sdp.port, MINE, nowMs);
      expect(latch.target).toMatchObject(sdp);
    }), { seed: 18, numRuns: 300 });
  });
});
