import { describe, expect, it } from "vitest";
import { createLatch } from "./latch.ts";

const sdp = { host: "192.0.2.1", port: 4000 };

describe("symmetric RTP", () => {
  it("sends where SDP says until something comes, then to where it comes from", () => {
    const latch = createLatch();
    latch.expect(sdp);
    expect(latch.target).toEqual(sdp);
    expect(latch.accepts("198.51.100.7", 6000, 0)).toBe(true);
    expect(latch.heard("198.51.100.7", 6000, 0)).toBe(true);
    expect(latch.heard("198.51.100.7", 6000, 20)).toBe(false);
    expect(latch.target).toEqual({ host: "198.51.100.7", port: 6000 });
  });

  it("keeps the source while it sends, and takes another when it was silent for two seconds", () => {
    const latch = createLatch();
    latch.expect(sdp);
    latch.heard("198.51.100.7", 6000, 1000);
    expect(latch.accepts("203.0.113.9", 7000, 2999)).toBe(false);
    expect(latch.accepts("203.0.113.9", 7000, 3000)).toBe(true);
  });

  it("gives its place back to the address SDP named", () => {
    const latch = createLatch();
    latch.expect(sdp);
    latch.heard("198.51.100.7", 6000, 0);
    expect(latch.accepts(sdp.host, sdp.port, 20)).toBe(true);
    latch.heard(sdp.host, sdp.port, 20);
    expect(latch.accepts("198.51.100.7", 6000, 40)).toBe(false);
  });

  it("follows SDP to a new address though the old source sends on for a while", () => {
    const latch = createLatch();
    latch.expect(sdp);
    latch.heard(sdp.host, sdp.port, 0);
    latch.expect({ host: "192.0.2.2", port: 5000 });
    expect(latch.target).toEqual({ host: "192.0.2.2", port: 5000 });
    expect(latch.accepts(sdp.host, sdp.port, 20)).toBe(false);
    expect(latch.accepts("198.51.100.7", 6000, 20)).toBe(true);
  });

  it.each([
    { host: "0.0.0.0", port: 4000 },
    { host: "::", port: 4000 },
    { host: "192.0.2.1", port: 0 },
  ])("sends nowhere when SDP says so, whoever sends here: $host $port", (nowhere) => {
    const latch = createLatch();
    latch.expect(sdp);
    latch.heard(sdp.host, sdp.port, 0);
    latch.expect(nowhere);
    latch.heard("198.51.100.7", 6000, 5000);
    expect(latch.target).toBeUndefined();
  });

  it("keeps the source when SDP says the same again", () => {
    const latch = createLatch();
    latch.expect(sdp);
    latch.heard("198.51.100.7", 6000, 0);
    latch.expect({ ...sdp });
    expect(latch.target).toEqual({ host: "198.51.100.7", port: 6000 });
  });
});
