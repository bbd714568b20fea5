import { describe, expect, it } from "vitest";
import { parseWav, WAV_HEADER_BYTES, wavHeader } from "../audio/index.ts";
import { VirtualClock } from "../base/index.ts";
import { wavWriter } from "./wav-writer.ts";
import type { OpenFile } from "./write-behind.ts";

/** A file in memory that takes at most 1000 bytes at a time, and has room for `room` bytes. */
function fakeFile(room = 1 << 20) {
  const bytes = new Uint8Array(1 << 16);
  bytes.set(wavHeader({ sampleRateHz: 8000, channels: 1 }));
  const state = { end: WAV_HEADER_BYTES, closed: 0 };
  const file: OpenFile = {
    write(data, offset, length, position) {
      const count = Math.min(length, 1000);
      if (position + count > room) return Promise.reject(Object.assign(new Error("full"), { code: "ENOSPC" }));
      bytes.set(data.subarray(offset, offset + count), position);
      state.end = Math.max(state.end, position + count);
      return Promise.resolve({ bytesWritten: count });
    },
    datasync: () => Promise.resolve(),
    close: () => Promise.resolve(void (state.closed += 1)),
  };
  return { file, state, content: () => bytes.subarray(0, state.end) };
}
const ramp = (count: number) => Int16Array.from({ length: count }, (_, at) => at);

function writer(room?: number) {
  const failures: unknown[] = [];
  const clock = new VirtualClock();
  const fake = fakeFile(room);
  return { ...fake, failures, clock, writer: wavWriter(fake.file, { channels: 1, clock, onFailed: (failure) => failures.push(failure) }) };
}

describe("writing behind", () => {
  it("keeps the order, whatever the disk takes at a time", async () => {
    const { writer: made, content, state } = writer();
    const samples = ramp(5000);
    for (let at = 0; at < 5000; at += 700) made.write(samples.subarray(at, at + 700));
    expect(await made.close()).toEqual({ durationMs: 625, bytes: 44 + 10_000, droppedMs: 0 });
    expect(parseWav(content()).samples).toEqual(samples);
    expect(await made.close()).toMatchObject({ durationMs: 625 });
    expect(state.closed).toBe(1);
  });

  it("brings the header up to date once a second, not with each write", async () => {
    const { writer: made, content, clock } = writer();
    const size = () => new DataView(content().buffer).getUint32(40, true);
    made.write(ramp(800));
    await clock.advance(999);
    made.write(ramp(800));
    await clock.advance(1);
    expect(size()).toBe(0xffff_ffff);
    made.write(ramp(800));
    await clock.advance(0);
    expect(size()).toBe(4800);
    // A crash here: what is on disk plays, up to the last sample that was written.
    expect(parseWav(content()).samples.length).toBe(2400);
  });

  it("tells once that the disk is full, and counts what is lost", async () => {
    const { writer: made, content, failures, state, clock } = writer(44 + 2000);
    made.write(ramp(1000));
    await clock.advance(0);
    made.write(ramp(800));
    await clock.advance(0);
    made.write(ramp(800));
    expect(await made.close()).toMatchObject({ durationMs: 125, droppedMs: 200 });
    expect(failures).toMatchObject([{ code: "ENOSPC" }]);
    expect(state.closed).toBe(1);
    expect(parseWav(content()).samples).toEqual(ramp(1000));
  });

  it("takes nothing after it was closed", async () => {
    const { writer: made } = writer();
    const closing = made.close();
    made.write(ramp(80));
    expect(await closing).toMatchObject({ durationMs: 0, droppedMs: 10 });
  });
});
