import { describe, expect, it } from "vitest";
import type { Report } from "./protocol.ts";
import { batched } from "./report-batch.ts";

describe("reports to another thread", () => {
  it("go as one message a turn, with their buffers", async () => {
    const posts: [readonly Report[], number][] = [];
    const tell = batched((reports, transfer) => posts.push([reports, transfer.length]));
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
});
