import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  digitOfEvent,
  eventOfDigit,
  eventReceiver,
  eventSender,
  parseTelephoneEvent,
  writeTelephoneEvent,
  type EventPacket,
  type ReceivedDigit,
  type TelephoneEvent,
} from "./index.ts";

const blockTable: readonly [name: string, wire: readonly number[], event: TelephoneEvent][] = [
  ["digit 1 under way", [1, 0x0a, 0x00, 0xa0], { event: 1, end: false, volume: 10, durationTicks: 160 }],
  ["# ended", [11, 0x8a, 0x03, 0x20], { event: 11, end: true, volume: 10, durationTicks: 800 }],
  ["longest, quietest", [15, 0xbf, 0xff, 0xff], { event: 15, end: true, volume: 63, durationTicks: 65_535 }],
];

describe("an event block", () => {
  it.each(blockTable)("is read: %s", (_, wire, event) => expect(parseTelephoneEvent(Uint8Array.from(wire))).toEqual(event));
  it.each(blockTable)("is written: %s", (_, wire, event) => {
    const into = new Uint8Array(4);
    writeTelephoneEvent(into, 0, event);
    expect([...into]).toEqual(wire);
  });
  it.each(blockTable)("is refused when cut: %s", (_, wire) => {
    for (let length = 0; length < 4; length++) expect(parseTelephoneEvent(Uint8Array.from(wire.slice(0, length)))).toBeUndefined();
  });
  it("has the code of each key", () => {
    expect("0123456789*#ABCD".split("").map((digit) => eventOfDigit(digit))).toEqual(Array.from({ length: 16 }, (_, code) => code));
    expect([eventOfDigit("d"), eventOfDigit(","), eventOfDigit(""), eventOfDigit("12"), digitOfEvent(16)]).toEqual([15, undefined, undefined, undefined, undefined]);
  });
});

/** All packets of one event, from the start of the event on. */
function packetsOf(event: number, durationTicks: number, stepTicks?: number): readonly EventPacket[] {
  const sender = eventSender(event, durationTicks, stepTicks);
  const packets: EventPacket[] = [];
  for (let packet = sender.next(); packet; packet = sender.next()) packets.push(packet);
  return packets;
}

describe("an event that is sent", () => {
  it("grows, is marked once, and ends three times", () => {
    const packets = packetsOf(5, 480);
    expect(packets.map(({ durationTicks, end, marker }) => [durationTicks, end, marker])).toEqual([
      [160, false, true],
      [320, false, false],
      [480, true, false],
      [480, true, false],
      [480, true, false],
    ]);
  });

  it("goes on in a new segment when it is longer than the field", () => {
    const packets = packetsOf(5, 70_400);
    const wrapped = packets.find(({ timestampOffset }) => timestampOffset === 0xffff);
    expect(wrapped).toMatchObject({ durationTicks: 410 * 160 - 0xffff, end: false, marker: false });
    expect(packets.at(-1)).toMatchObject({ durationTicks: 70_400 - 0xffff, end: true });
    expect(Math.max(...packets.map(({ durationTicks }) => durationTicks))).toBeLessThanOrEqual(0xffff);
  });

  it("ends with its next packet when the key is released early", () => {
    const sender = eventSender(5, 8000);
    sender.next();
    sender.release();
    expect([sender.next(), sender.next(), sender.next(), sender.next()].map((packet) => packet && [packet.durationTicks, packet.end])).toEqual([
      [320, true],
      [320, true],
      [320, true],
      undefined,
    ]);
  });
});

/** Gives packets to a receiver 20 ms apart; `timestamp` is the event's. */
function receive(receiver: ReturnType<typeof eventReceiver>, packets: readonly EventPacket[], timestamp: number, fromMs = 0): ReceivedDigit[] {
  return packets.flatMap((packet, index) => {
    const payload = new Uint8Array(4);
    writeTelephoneEvent(payload, 0, packet);
    return [...receiver.push(payload, (timestamp + packet.timestampOffset) >>> 0, packet.marker, fromMs + index * 20)];
  });
}

describe("an event that is received", () => {
  const packets = packetsOf(7, 800);
  const ended = [{ digit: "7", durationMs: 100 }];

  it.each<[name: string, packets: readonly EventPacket[], digits: readonly ReceivedDigit[]]>([
    ["all packets", packets, ended],
    ["only one of the ends", packets.slice(0, 5), ended],
    ["only the last end", packets.slice(-1), ended],
    ["the marker was lost", packets.slice(1), ended],
    ["every packet twice", packets.flatMap((packet) => [packet, packet]), ended],
    ["an update after the end", [...packets, packets[1]!], ended],
    ["a flash, which is no key", packetsOf(16, 800), []],
    ["a long press", packetsOf(7, 200_000), [{ digit: "7", durationMs: 25_000 }]],
  ])("is one digit: %s", (_, given, digits) => {
    expect(receive(eventReceiver(), given, 0xfffffff0)).toEqual(digits);
  });

  it("is concluded by silence when all its ends are lost, and not told again when they come after all", () => {
    const receiver = eventReceiver();
    expect(receive(receiver, packets.slice(0, 4), 1000)).toEqual([]);
    expect([receiver.elapse(150), receiver.active]).toEqual([[], true]);
    expect(receiver.elapse(300)).toEqual([{ digit: "7", durationMs: 80 }]);
    expect(receive(receiver, packets.slice(4), 1000, 400)).toEqual([]);
    expect(receiver.elapse(1000)).toEqual([]);
  });

  it("is concluded by the next one, of the same key or another", () => {
    const receiver = eventReceiver();
    expect(receive(receiver, packets.slice(0, 4), 1000)).toEqual([]);
    expect(receive(receiver, packets.slice(1), 3000, 80)).toEqual([{ digit: "7", durationMs: 80 }, ...ended]);
    expect(receive(receiver, packetsOf(8, 800), 5000, 200)).toEqual([{ digit: "8", durationMs: 100 }]);
  });

  it("stays one digit when the sender lets the timestamp run on, through its repeated ends as well", () => {
    const receiver = eventReceiver();
    const press = (from: number) => packets.flatMap((packet, index) => receive(receiver, [{ ...packet, timestampOffset: 0 }], from + index * 160));
    expect([...press(1000), ...press(3000), ...press(5000)].map(({ digit }) => digit)).toEqual(["7", "7", "7"]);
  });

  it("is heard again after the sender has begun a new count of timestamps", () => {
    const receiver = eventReceiver();
    receive(receiver, packets, 1_000_000);
    expect(receive(receiver, packets, 5000, 5000)).toEqual(ended);
  });

  it("of a clock of 48 kHz is as long as it was, segments and all, and restarts as late", () => {
    const at48 = (durationMs: number) => packetsOf(7, durationMs * 48, 960);
    for (const durationMs of [100, 5000]) expect(receive(eventReceiver(48_000), at48(durationMs), 0xfffffff0)).toEqual([{ digit: "7", durationMs }]);
    const receiver = eventReceiver(48_000);
    receive(receiver, at48(100), 1_000_000);
    expect(receive(receiver, at48(100), 1_000_000 - 2 * 48_000)).toEqual([]);
    expect(receive(receiver, at48(100), 1_000_000 - 6 * 48_000)).toEqual([{ digit: "7", durationMs: 100 }]);
  });

  it("is exact for any string of keys, though of each key all packets but one may be lost", () => {
    const key = fc.record({ event: fc.integer({ min: 0, max: 15 }), survivor: fc.integer({ min: 0, max: 6 }), lost: fc.array(fc.boolean(), { minLength: 7, maxLength: 7 }) });
    fc.assert(
      fc.property(fc.array(key, { maxLength: 12 }), (keys) => {
        const receiver = eventReceiver();
        const heard = keys.flatMap(({ event, survivor, lost }, index) => {
          const left = packetsOf(event, 800).filter((_, at) => at === survivor || !lost[at]);
          return receive(receiver, left, index * 1280, index * 160);
        });
        heard.push(...receiver.elapse(100_000));
        expect(heard.map(({ digit }) => eventOfDigit(digit))).toEqual(keys.map(({ event }) => event));
      }),
      { seed: 4733 },
    );
  });

  it("never throws on garbage", () => {
    const packet = fc.tuple(fc.uint8Array({ maxLength: 20 }), fc.integer({ min: 0, max: 0xffffffff }), fc.boolean());
    fc.assert(
      fc.property(fc.array(packet, { maxLength: 20 }), (garbage) => {
        const receiver = eventReceiver();
        for (const [index, [payload, timestamp, marker]] of garbage.entries()) receiver.push(payload, timestamp, marker, index * 20);
        for (const { durationMs } of receiver.elapse(Infinity)) expect(durationMs).toBeGreaterThanOrEqual(0);
      }),
      { seed: 4734 },
    );
  });
});
