import { expect, it } from "vitest";
import { createRecording, onsets, silenceAfter } from "./recording.ts";

const FRAME = 160;

/** An RTP packet in which the samples from `from` to `to` can be heard. */
function packet(timestamp: number, from = 0, to = 0): Uint8Array {
  const bytes = new Uint8Array(12 + FRAME).fill(0xff);
  new DataView(bytes.buffer).setUint32(4, timestamp);
  return bytes.fill(0x80, 12 + from, 12 + to);
}

/** `[arrival, from, to]` of packets that follow each other, the first with a timestamp just below the wrap. */
function recorded(packets: readonly (readonly [atMs: number, from?: number, to?: number])[]) {
  const recording = createRecording();
  packets.forEach(([atMs, from, to], index) => recording.push(packet((0xffffff00 + index * FRAME) >>> 0, from, to), atMs));
  return recording;
}

it.each([
  ["nothing more comes", [[100, 0, 160], [120]], 115, { lastPacketMs: 0, silentMs: 5 }],
  ["the packet that is just leaving comes", [[100, 0, 160], [120, 0, 160], [140]], 115, { lastPacketMs: 5, silentMs: 25 }],
  ["the last packet is a part", [[100, 0, 160], [120, 0, 80], [140]], 115, { lastPacketMs: 5, silentMs: 15 }],
  ["a packet is late: it stands in its place on the recording", [[100, 0, 160], [133, 0, 160], [140]], 115, { lastPacketMs: 18, silentMs: 25 }],
  ["it was silent before", [[100, 0, 160], [120], [140], [160]], 165, undefined],
  ["nothing was heard at all", [[100], [120]], 110, undefined],
] as const)("when %s", (_, packets, fromMs, silence) => expect(silenceAfter(recorded(packets), fromMs)).toEqual(silence));

it("the fastest packet sets the time line, whatever comes first", () => {
  const recording = recorded([[110], [120]]);
  expect([recording.heardMs(0), recording.heardMs(FRAME)]).toEqual([100, 120]);
});

it("a packet from before the first has a negative position, and one without audio none", () => {
  const recording = createRecording();
  recording.push(packet(320), 100);
  recording.push(packet(160), 101);
  recording.push(new Uint8Array(12), 102);
  expect(recording.packets.map(({ position }) => position)).toEqual([0, -160]);
  recording.forget();
  expect(recording.packets).toEqual([]);
});

it("a sound begins behind enough silence, to the sample", () => {
  const recording = recorded([[0, 80, 160], [20, 0, 160], [40], [60, 0, 160], [80], [100], [120, 8, 160]]);
  expect(onsets(recording, 2)).toEqual([10, 121]);
});
