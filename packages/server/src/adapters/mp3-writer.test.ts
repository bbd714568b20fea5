import { describe, expect, it } from "vitest";
import { PiopiyError, VirtualClock } from "../base/index.ts";
import type { Mp3Encoding, Mp3Events } from "./mp3-encoding.ts";
import { mp3Writer } from "./mp3-writer.ts";
import type { OpenFile } from "./write-behind.ts";

/** An encoder that makes one byte of every sample, and a file in memory with room for `room` bytes. */
function writer({ room = 1 << 20, takes = 1 << 20 } = {}) {
  let events: Mp3Events | undefined;
  let waiting = 0;
  const mp3: Mp3Encoding = {
    start: (_, told) => {
      events = told;
      return {
        push: (samples) => (waiting += samples.length) <= takes,
        end: () => Promise.resolve(events?.onBytes(new Uint8Array(waiting))),
      };
    },
    close: () => Promise.resolve(),
  };
  const state = { size: 0, closed: 0 };
  const file: OpenFile = {
    write(_, __, length, position) {
      if (position + length > room) return Promise.reject(Object.assign(new Error("full"), { code: "ENOSPC" }));
      state.size = position + length;
      return Promise.resolve({ bytesWritten: length });
    },
    datasync: () => Promise.resolve(),
    close: () => Promise.resolve(void (state.closed += 1)),
  };
  const failures: unknown[] = [];
  const made = mp3Writer(file, mp3, { channels: 2, clock: new VirtualClock(), onFailed: (failure) => failures.push(failure) });
  return { made, failures, state, fail: (failure: unknown) => events?.onFailed(failure) };
}

describe("an MP3 that is written", () => {
  it("is complete when it is closed, once", async () => {
    const { made, state, failures } = writer();
    made.write(new Int16Array(16_000));
    const first = made.close();
    expect(await first).toEqual({ durationMs: 1000, bytes: 16_000, droppedMs: 0 });
    expect(await made.close()).toEqual(await first);
    expect([state.size, state.closed, failures]).toEqual([16_000, 1, []]);
  });

  it("tells once that the disk is full", async () => {
    const { made, state, failures } = writer({ room: 100 });
    made.write(new Int16Array(1600));
    await made.close();
    expect(failures).toMatchObject([{ code: "ENOSPC" }]);
    expect(state.closed).toBe(1);
  });

  it("tells that the encoder failed, and takes no more", async () => {
    const { made, failures, fail } = writer();
    made.write(new Int16Array(1600));
    fail(new PiopiyError("media_failed"));
    fail(new PiopiyError("media_failed"));
    made.write(new Int16Array(1600));
    expect(await made.close()).toMatchObject({ durationMs: 100, droppedMs: 100 });
    expect(failures).toMatchObject([{ code: "media_failed" }]);
  });

  it("counts what the encoder had no time for", async () => {
    const { made } = writer({ takes: 1600 });
    made.write(new Int16Array(1600));
    made.write(new Int16Array(1600));
    expect(await made.close()).toMatchObject({ durationMs: 100, droppedMs: 100 });
  });
});
