import type { Action } from "@piopiy/pcmo";
import { describe, expect, it } from "vitest";
import { SimLeg, type SimReplies } from "../simulator/index.ts";
import { ANSWER, answers, FROM, flowOf, placing, setup, speak, TO, type Setup } from "./control-world.test.support.ts";

const SECOND = "http://other.example/answer";
const fallback = flowOf([{ action: "speak", text: "Please call again later." }]);

/** A call that comes in, for a number that asks; what the caller heard and what the timeline says. */
async function receive(replies: SimReplies, more: { readonly fallback_url?: string; readonly fallback_pcmo?: readonly Action[] } = {}, options: Setup = {}) {
  const world = await setup({ numbers: [{ number: "100", app: "1000", answer_url: ANSWER, ...more }], replies, ...options });
  const leg = new SimLeg(world.clock, world.ids.uuid(), { direction: "inbound", from: TO, to: "100" });
  world.control.receiveCall({ leg, ring: () => undefined, reject: (cause) => void leg.hangup(cause) });
  await world.clock.advance(120_000);
  const { timeline, call } = await world.read(leg.id);
  const asked = timeline.filter(({ type }) => type.startsWith("answer_url.")).map(({ type, data }) => [type.slice(11), data?.["http"] ?? data?.["code"] ?? data?.["to"] ?? data?.["origin"]]);
  return { ...world, leg, call, asked };
}
const sent = "http://hooks.example";

describe("the answer URL", () => {
  it("is asked again, twice, when it cannot be had", async () => {
    const { asked, leg, posts } = await receive({ [ANSWER]: [{ fails: "fetch_failed" }, { status: 503 }, { body: speak }] });
    expect(asked).toEqual([["sent", sent], ["failed", "fetch_failed"], ["sent", sent], ["failed", 503], ["sent", sent], ["replied", 200]]);
    expect(leg.heard).toHaveLength(1);
    expect(posts.filter(({ url }) => url === ANSWER).map(({ atMs }) => atMs)).toEqual([0, 550, 2100]);
  });

  const useless: readonly [name: string, replies: SimReplies[string], times: number][] = [
    ["hangs", [{ afterMs: 3_600_000 }], 3],
    ["is down", [{ fails: "fetch_failed" }], 3],
    ["answers 500", [{ status: 500 }], 3],
    ["is not allowed", [{ fails: "fetch_refused" }], 1],
    ["answers 404", [{ status: 404 }], 1],
    ["redirects", [{ status: 302 }], 1],
    ["answers no JSON", [{ body: "got it" }], 1],
    ["answers an empty list", [{ body: [] }], 1],
    ["answers a wrong third action", [{ body: [...speak, ...speak, { action: "dance" }] }], 1],
  ];
  it.each(useless)("that %s is replaced by the fallback URL", async (_, replies, times) => {
    const { leg, posts, asked } = await receive({ [ANSWER]: replies, [SECOND]: [{ body: speak }] }, { fallback_url: SECOND, fallback_pcmo: fallback });
    expect(posts.filter(({ url }) => url === ANSWER)).toHaveLength(times);
    expect(leg.heard.map(({ kind }) => kind)).toEqual(["speech"]);
    expect(asked.slice(-3)).toEqual([["fallback", "fallback_url"], ["sent", "http://other.example"], ["replied", 200]]);
  });

  it("and the fallback URL that both fail leave the fallback flow", async () => {
    const { asked, leg, call } = await receive({ [ANSWER]: [{ status: 404 }], [SECOND]: [{ status: 404 }] }, { fallback_url: SECOND, fallback_pcmo: fallback });
    expect(asked.at(-1)).toEqual(["fallback", "fallback_pcmo"]);
    expect(leg.heard).toMatchObject([{ complete: true }]);
    expect(call).toMatchObject({ cause: "completed", flow: JSON.stringify(fallback) });
  });

  it("of the app has the fallback of the app", async () => {
    const apps = [{ appid: "1000", fallback_pcmo: fallback }];
    const { asked } = await receive({ [ANSWER]: [{ status: 404 }] }, {}, { apps });
    expect(asked.at(-1)).toEqual(["fallback", "fallback_pcmo"]);
  });

  it("may refuse the call without answering it", async () => {
    const { leg, call } = await receive({ [ANSWER]: [{ body: [{ action: "hangup" }] }] });
    expect(leg.answeredMs).toBeUndefined();
    expect(call).toMatchObject({ cause: "rejected", answered_ms: null });
  });

  it("of a call that was placed is asked when the call is answered", async () => {
    const { control, clock, posts, read, legs } = await setup({ destinations: answers, replies: { [ANSWER]: [{ body: speak }] } });
    const { requestId } = await control.placeCall({ ...placing(speak), request: { ...placing(speak).request, pcmo: [] }, answerUrl: ANSWER });
    await clock.advance(60_000);
    const { legs: rows, call } = await read(requestId);
    expect(posts.filter(({ url }) => url === ANSWER)).toMatchObject([{ atMs: 2000, body: { from: FROM, to: TO, time: 1_700_000_002_000, cmiuuid: rows[0]!.id, request_id: requestId } }]);
    expect(posts.find(({ url }) => url === ANSWER)?.body).not.toHaveProperty("action");
    expect(legs[0]!.heard).toHaveLength(1);
    expect(call).toMatchObject({ cause: "completed" });
  });

  it("of a call that was placed, without anything usable, ends the call", async () => {
    const { control, clock, read } = await setup({ destinations: answers, replies: { [ANSWER]: [{ status: 404 }] } });
    const { requestId } = await control.placeCall({ ...placing(speak), answerUrl: ANSWER });
    await clock.advance(60_000);
    expect((await read(requestId)).call).toMatchObject({ status: "ended", cause: "failed" });
  });
});
