import { describe, expect, it } from "vitest";
import { VirtualClock } from "../base/index.ts";
import type { Report } from "./protocol.ts";
import { batched } from "./report-batch.ts";

function reporting() {
  const clock = new VirtualClock();
  const posts: [readonly Report[], number][] = [];
  return { clock, posts, tell: batched(clock, (reports, transfer) => posts.push([reports, transfer.length])) };
}

const used = (session: number): Report => ({ type: "used", session, playback: 1, samples: 8000 });

describe("reports to another thread", () => {
  it("go as one message a turn, with their buffers", async () => {
    const { posts, tell } = reporting();
    const samples = new Int16Array(160);
    tell({ type: "ready" });
    tell({ type: "relay", session: 1, link: 2, samples }, [samples.buffer]);
    expect(posts).toEqual([]);
    await Promise.resolve();
    expect(posts).toEqual([[[{ type: "ready" }, { type: "relay", session: 1, link: 2, samples }], 1]]);
    tell({ type: "ready" });
    await Promise.resolve();
    expect(posts[1]).toEqual([[{ type: "ready" }], 0]);
  });

  it("of used samples wait for those of other sessions", async () => {
    const { clock, posts, tell } = reporting();
    tell(used(1));
    await clock.advance(99);
    tell(used(2));
    expect(posts).toEqual([]);
    await clock.advance(1);
    expect(posts).toEqual([[[used(1), used(2)], 0]]);
  });

  it("of used samples go along, in their order, with what is told at once", async () => {
    const { clock, posts, tell } = reporting();
    tell(used(1));
    tell({ type: "ready" });
    tell(used(2));
    await Promise.resolve();
    expect(posts).toEqual([[[used(1), { type: "ready" }, used(2)], 0]]);
    expect(clock.timers).toBe(0);
    await clock.advance(200);
    expect(posts).toHaveLength(1);
  });
});
