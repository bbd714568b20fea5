import { describe, expect, it } from "vitest";
import { FRAME_MS } from "../audio/index.ts";
import { seededIds } from "../base/index.ts";
import { parseRtp, rtpView, writeRtpHeader } from "../rtp/index.ts";
import { CoreSession } from "./core-session.ts";
import type { MediaParameters } from "./engine.ts";

// Two sessions that are joined and have their turns together, as those of a bridge; a caller who speaks, and a callee
// whose phone sends back what comes. Time is ours: a round trip without a network is what the server makes of it.

const PORTS = { caller: 4000, callee: 4002 } as const;

interface Departure {
  readonly atMs: number;
  readonly packet: Uint8Array;
}

/** Round trips in ms, of every packet that comes back, by the second. */
function roundTrips(seconds: number, { phaseMs, echoMs }: { readonly phaseMs: number; readonly echoMs: number }): readonly (readonly number[])[] {
  const bySecond: number[][] = Array.from({ length: seconds }, () => []);
  const echoes: Departure[] = [];
  let nowMs = 0;
  const session = (port: number, send: (packet: Uint8Array) => void) => {
    const parameters: MediaParameters = { remote: { host: "127.0.0.1", port }, codec: "PCMU", payloadType: 0, telephoneEventPayloadType: 101, direction: "sendrecv" };
    const made = new CoreSession(port, {
      ids: seededIds(port), tell: () => undefined, send, sendControl: () => undefined,
      samples: { heard: () => undefined, tapped: () => undefined, relay: () => undefined },
    });
    made.configure(parameters, nowMs);
    return made;
  };
  const view = rtpView();
  const caller = session(PORTS.caller, (packet) => {
    parseRtp(packet, view);
    const said = packet[view.payloadOffset + 80] ?? 0;
    const turn = Math.floor(nowMs / FRAME_MS);
    const ago = (turn - said + CODES) % CODES;
    if (said < CODES) bySecond[Math.floor(nowMs / 1000)]?.push(nowMs - (turn - ago) * FRAME_MS - phaseMs);
  });
  const callee = session(PORTS.callee, (packet) => void echoes.push({ atMs: nowMs + echoMs, packet: packet.slice() }));
  caller.partners.add(callee.heard);
  callee.partners.add(caller.heard);

  for (let number = 0; number < (seconds * 1000) / FRAME_MS; number++) {
    const turnMs = number * FRAME_MS;
    nowMs = turnMs;
    for (const one of [caller, callee]) one.receive(turnMs, turnMs);
    for (const one of [caller, callee]) one.send(turnMs);
    // What comes before the next turn.
    caller.datagram(packetOf(number), "127.0.0.1", PORTS.caller, turnMs + phaseMs);
    for (const { atMs, packet } of echoes.splice(0)) callee.datagram(packet, "127.0.0.1", PORTS.callee, atMs);
  }
  return bySecond;
}

/** A packet is of one code, by its number: the loudest of one sign, so that silence is none of them. */
const CODES = 100;

function packetOf(number: number): Uint8Array {
  const packet = new Uint8Array(172).fill(number % CODES, 12);
  writeRtpHeader(packet, { marker: false, payloadType: 0, ssrc: 9, sequence: number & 0xffff, timestamp: (number * 160) >>> 0 });
  return packet;
}

const median = (values: readonly number[]) => [...values].sort((one, other) => one - other)[Math.floor(values.length / 2)] ?? Infinity;

describe("a bridge", () => {
  it.each([1, 5, 8, 12, 18])("takes two waits for a turn for a round trip, once it knows the network: %d ms after a turn the caller's packets come", (phaseMs) => {
    const trips = roundTrips(5, { phaseMs, echoMs: 0.5 });
    expect(median(trips[0] ?? [])).toBeGreaterThan(80);
    for (const second of trips.slice(3)) {
      expect(second.length).toBe(50);
      expect(Math.max(...second)).toBeLessThanOrEqual(50);
    }
  });
});
