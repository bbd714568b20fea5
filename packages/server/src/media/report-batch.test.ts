import { describe, expect, it } from "vitest";
import { readBatch, type Batch } from "./batch.ts";
import { SampleRecord, type Report } from "./protocol.ts";
import { createReportBatch } from "./report-batch.ts";

function reporting() {
  const posts: { readonly read: unknown[]; readonly buffers: number }[] = [];
  let told = 0;
  const post = (batch: Batch<Report>, transfer: readonly ArrayBuffer[]) => {
    const read: unknown[] = [];
    // As it arrives: what was handed over is gone here.
    const arrived = structuredClone(batch, { transfer: [...transfer] });
    readBatch(arrived, (report) => read.push(report), (kind, session, detail, samples, more) => read.push([kind, session, detail, [...samples], [...more]]));
    posts.push({ read, buffers: transfer.length });
  };
  return { posts, batch: createReportBatch(post, () => (told += 1)), told: () => told };
}

const used = (session: number): Report => ({ type: "used", session, playback: 1, samples: 8000 });
const samples = (...values: number[]) => Int16Array.from(values);

describe("reports to another thread", () => {
  it("go as one message when they are flushed, samples packed in one buffer, all in their order", () => {
    const { posts, batch, told } = reporting();
    const frame = samples(1, 2, 3);
    batch.samples.heard(70_000, frame);
    frame.fill(9);
    batch.samples.tapped(2, samples(4, 5), samples(6, 7));
    batch.tell({ type: "ready" });
    batch.samples.relay(3, 4, samples(-8));
    expect([posts, told()]).toEqual([[], 1]);
    batch.flush(0);
    expect(posts).toEqual([
      {
        buffers: 1,
        read: [
          [SampleRecord.heard, 70_000, 0, [1, 2, 3], []],
          [SampleRecord.tapped, 2, 0, [4, 5], [6, 7]],
          { type: "ready" },
          [SampleRecord.relay, 3, 4, [-8], []],
        ],
      },
    ]);
    batch.flush(1);
    expect(posts.length).toBe(1);
    batch.tell({ type: "ready" });
    batch.flush(2);
    expect([posts[1], told()]).toEqual([{ buffers: 0, read: [{ type: "ready" }] }, 2]);
  });

  it.each([
    [3200, [0, 1]],
    [1600, [1, 1]],
  ])("of %i tapped samples wait for others only if they have waited for long themselves", (count, expected) => {
    const { posts, batch } = reporting();
    batch.samples.tapped(1, new Int16Array(count), new Int16Array(count));
    batch.flush(0);
    const atOnce = posts.length;
    batch.flush(100);
    expect([atOnce, posts.length]).toEqual(expected);
  });

  it("of used samples wait for those of other sessions", () => {
    const { posts, batch, told } = reporting();
    batch.tell(used(1));
    batch.flush(1000);
    batch.tell(used(2));
    batch.flush(1099);
    expect([posts, told()]).toEqual([[], 0]);
    batch.flush(1100);
    expect(posts).toEqual([{ buffers: 0, read: [used(1), used(2)] }]);
  });

  it("of used samples go along, in their order, with what is told at once", () => {
    const { posts, batch } = reporting();
    batch.tell(used(1));
    batch.tell({ type: "ready" });
    batch.tell(used(2));
    batch.flush(0);
    expect(posts.map(({ read }) => read)).toEqual([[used(1), { type: "ready" }, used(2)]]);
  });

  it("carry a portion of any length, and short ones after it", () => {
    const { posts, batch } = reporting();
    const long = Int16Array.from({ length: 300_001 }, (_, index) => index % 1000);
    batch.samples.heard(1, samples(1));
    batch.samples.heard(1, long);
    batch.flush(0);
    batch.samples.heard(2, samples(5));
    batch.flush(0);
    expect(posts[0]!.read).toEqual([[SampleRecord.heard, 1, 0, [1], []], [SampleRecord.heard, 1, 0, [...long], []]]);
    expect(posts[1]!.read).toEqual([[SampleRecord.heard, 2, 0, [5], []]]);
  });
});
