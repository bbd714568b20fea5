import { describe, expect, it } from "vitest";
import { createSrtpReceiver, keyAndSaltBytes, writeRtpHeader, type SrtpKeys } from "../rtp/index.ts";
import { PeerPath } from "./peer-path.ts";
import { newCounters } from "./statistics.ts";

const profile = "AES_CM_128_HMAC_SHA1_80";
const keys: SrtpKeys = { profile, send: new Uint8Array(keyAndSaltBytes(profile)).fill(1), receive: new Uint8Array(keyAndSaltBytes(profile)).fill(2) };
const peer = { host: "192.0.2.1", port: 4000 };

function newPath() {
  const counters = newCounters();
  const sent: string[] = [];
  const bytes: Uint8Array[] = [];
  const port = (kind: string) => (packet: Uint8Array, toPort: number, toHost: string) => {
    sent.push(`${kind} to ${toHost}:${toPort}`);
    bytes.push(packet.slice());
  };
  const path = new PeerPath(counters, { send: port("media"), sendControl: port("control") });
  path.latch.expect(peer);
  return { path, counters, sent, bytes };
}

function rtp(sequence: number): Uint8Array {
  const packet = new Uint8Array(172);
  writeRtpHeader(packet, { marker: false, payloadType: 0, ssrc: 7, sequence, timestamp: sequence * 160 });
  return packet;
}

describe("what is sent to a peer", () => {
  it("counts for the source that sends, media alone", () => {
    const { path, counters, sent } = newPath();
    path.configure({});
    path.send(rtp(1), peer);
    path.send(rtp(2), peer);
    path.report(rtp(3), { host: peer.host, port: 4001 });
    expect(path.sent(480)).toEqual({ packets: 2, bytes: 320, timestamp: 480 });
    path.beginSource();
    expect(path.sent(480)).toEqual({ packets: 0, bytes: 0, timestamp: 480 });
    path.send(rtp(3), peer);
    expect(path.sent(640)).toEqual({ packets: 1, bytes: 160, timestamp: 640 });
    expect(counters.packetsSent).toBe(3);
    expect(sent).toEqual(["media to 192.0.2.1:4000", "media to 192.0.2.1:4000", "control to 192.0.2.1:4001", "media to 192.0.2.1:4000"]);
  });

  it("passes the keys; what they can no longer protect is not sent and does not count", () => {
    const { path, counters, bytes } = newPath();
    path.configure({ security: keys });
    path.send(rtp(5), peer);
    path.send(rtp(5), peer);
    expect([bytes.length, counters.packetsSent]).toEqual([1, 1]);
    expect(createSrtpReceiver(profile, keys.send).open(bytes[0]!)).toHaveLength(172);
  });

  it("goes nowhere while keys are awaited, but for the handshake that brings them", () => {
    const { path, sent } = newPath();
    path.configure({ awaitsKeys: true });
    expect(path.target).toBeUndefined();
    path.report(rtp(1), peer);
    path.sendHandshake(Uint8Array.of(22), peer);
    expect(sent).toEqual(["control to 192.0.2.1:4000"]);
    path.configure({ security: keys });
    expect(path.target).toEqual(peer);
  });
});

describe("what comes from a peer", () => {
  it("is the session's in the clear; nothing is, without the keys, while there are to be some", () => {
    const { path, counters } = newPath();
    path.configure({});
    expect(path.open(rtp(1), peer.host, peer.port, 0)).toHaveLength(172);
    path.configure({ awaitsKeys: true });
    expect(path.open(rtp(2), peer.host, peer.port, 0)).toBeUndefined();
    path.configure({ security: keys });
    expect(path.open(rtp(3), peer.host, peer.port, 0)).toBeUndefined();
    expect(counters.packetsInvalid).toBe(2);
  });

  it("is the handshake's if it is DTLS, as long as somebody waits for that, and counts as nothing wrong", () => {
    const { path, counters } = newPath();
    path.configure({ awaitsKeys: true });
    const came: object[] = [];
    path.shakeHands((_, from) => came.push(from));
    path.open(Uint8Array.of(22, 254, 253), peer.host, peer.port, 1000);
    expect([came, counters.packetsInvalid]).toEqual([[peer], 0]);
    path.shakeHands(undefined);
    path.open(Uint8Array.of(22, 254, 253), peer.host, peer.port, 1000);
    expect([came.length, counters.packetsInvalid]).toEqual([1, 1]);
  });
});
