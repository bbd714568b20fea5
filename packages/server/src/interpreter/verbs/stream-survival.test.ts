import { describe, expect, it } from "vitest";
import type { SimBots, SimulationReport, CallerScript } from "../../simulator/index.ts";
import { B, data, heard, run, speak, stream, url } from "./streaming.test.support.ts";

describe("a stream whose connection is lost", () => {
  const url2 = "ws://standby.example.com/";
  const fallback = { on_stream_fail: [{ action: "speak", text: "01234" }, { action: "hangup" }] };
  const entries = ({ timeline }: SimulationReport) => timeline.map(({ type }) => type).filter((type) => /^stream|replaced/.test(type));

  it("is taken up again, and music is heard from a second after it was lost until then", async () => {
    const bot = { does: [{ atMs: 950, lose: true, backAfterMs: 3000 }, { atMs: 9000, close: true }] } as const;
    const report = await run([stream({ reconnect: 10 })], { [url]: bot });
    const music = heard(report)?.map(([kind, startMs = 0, heardMs = 0]) => [kind, startMs, Number(startMs) + Number(heardMs)]);
    expect([music?.[0]?.[0], music?.[0]?.[1], music?.at(-1)?.[2]]).toEqual(["tone", 2000, 4000]);
    expect(data(report, "stream.lost")).toMatchObject([{ by: "network", code: 1006 }]);
    expect(data(report, "stream.resumed")).toMatchObject([{ attempts: 1, awayMs: 3000 }]);
    expect(data(report, "stream.closed")).toMatchObject([{ by: "bot", code: 1000 }]);
  });

  it.each<[string, number, object]>([
    ["shorter than a second", 900, {}],
    ["and nobody wants music", 3000, { hold_sound: false }],
  ])("is silent when it is away %s", async (_, backAfterMs, more) => {
    const bot = { does: [{ atMs: 950, lose: true, backAfterMs }, { atMs: 9000, close: true }] } as const;
    const report = await run([stream({ reconnect: 10, ...more })], { [url]: bot });
    expect(heard(report)).toEqual([]);
    expect(data(report, "stream.resumed")).toHaveLength(1);
  });

  it("lets what the flow plays be heard between the music", async () => {
    const bot = { does: [{ atMs: 0, lose: true, backAfterMs: 8000 }, { atMs: 9000, close: true }] } as const;
    const report = await run([stream({ reconnect: 10 }), { action: "speak", text: "0".repeat(30) }, speak], { [url]: bot });
    const spoken = heard(report)?.filter(([kind]) => kind === "speech");
    // The music has a little ahead in the queue, no more.
    expect(spoken?.map(([, , heardMs]) => heardMs)).toEqual([3000, 1000]);
    expect(Number(spoken?.[1]?.[1])).toBeLessThanOrEqual(3000 + 700);
  });

  const monitorUrl = "ws://monitor.example.com/";
  const away = { atMs: 2000, lose: true, backAfterMs: 3000 } as const;
  const talks = { atMs: 100, say: 200 } as const;
  const done = { atMs: 9000, close: true } as const;
  it.each<[string, SimBots, number | undefined]>([
    ["a monitor, while the bot is there", { [url]: { does: [talks, done] }, [monitorUrl]: { does: [away, done] } }, undefined],
    ["the bot, while the monitor is there", { [url]: { does: [talks, away, done] }, [monitorUrl]: { does: [done] } }, 3050],
    ["both", { [url]: { does: [talks, away, done] }, [monitorUrl]: { does: [{ ...away, backAfterMs: 5000 }, done] } }, 3050],
  ])("of two is missed when it is %s", async (_, bots, musicMs) => {
    const report = await run([stream({ reconnect: 10 }), stream({ ws_url: monitorUrl, reconnect: 10 })], bots);
    const music = heard(report)?.filter(([kind]) => kind === "tone");
    expect(music?.[0]?.[1]).toBe(musicMs);
    // Once, however many are away, and not any more when the one is back that talks.
    const endMs = Math.max(0, ...(music ?? []).map(([, startMs, heardMs]) => Number(startMs) + Number(heardMs)));
    expect(endMs).toBe(musicMs === undefined ? 0 : 5050);
    expect(music?.reduce((sum, [, , heardMs]) => sum + Number(heardMs), 0)).toBe(musicMs === undefined ? 0 : 2000);
  });

  it("has no music while the party talks with somebody else", async () => {
    const bot = { does: [{ atMs: 1950, lose: true, backAfterMs: 5000 }, { atMs: 9000, close: true }] } as const;
    const report = await run([stream({ reconnect: 10 }), { action: "bridge", connect: [{ type: "pstn", number: B }], duration: 20 }], { [url]: bot });
    expect(report.legs[0]?.joins).toMatchObject([{ startMs: 1000, endMs: 21_000 }]);
    expect(heard(report)?.filter(([, startMs = 0]) => Number(startMs) > 1000)).toEqual([]);
  });

  it.each<[string, SimBots, readonly string[]]>([
    ["cannot be opened", { [url]: { fails: "stream_failed" } }, ["stream.failed", "flow.replaced"]],
    ["is lost for good", { [url]: { does: [{ atMs: 500, lose: true }] } }, ["stream.connected", "stream.lost", "stream.closed", "flow.replaced"]],
    ["is closed because its bot failed", { [url]: { does: [{ atMs: 500, close: true, code: 1011 }] } }, ["stream.connected", "stream.closed", "flow.replaced"]],
    ["is closed for a reason of its bot", { [url]: { does: [{ atMs: 500, close: true, code: 4000 }] } }, ["stream.connected", "stream.closed", "flow.replaced"]],
  ])("and that %s has its flow performed, in place of what is left", async (_, bots, expected) => {
    const report = await run([stream({ reconnect: 2, hold_sound: false, ...fallback }), { action: "speak", text: "0".repeat(300) }, speak], bots);
    expect(entries(report)).toEqual(expected);
    expect(data(report, "flow.replaced")).toMatchObject([{ actions: 2, dropped: 1, by: "stream_fail" }]);
    expect(heard(report)?.at(-1)).toMatchObject(["speech", expect.any(Number), 500]);
    expect(report.result.end).toBe("hung_up");
  });

  it("has its flow performed when only the stream kept the call up", async () => {
    const report = await run([stream(fallback), speak], { [url]: { does: [{ atMs: 4950, lose: true }] } });
    expect(heard(report)).toEqual([["speech", 0, 1000], ["speech", 5000, 500]]);
    expect(report.durationMs).toBe(5500);
  });

  it.each<[string, SimBots, CallerScript]>([
    ["its bot closes it", { [url]: { does: [{ atMs: 500, close: true }] } }, []],
    ["its bot goes away", { [url]: { does: [{ atMs: 500, close: true, code: 1001 }] } }, []],
    ["its bot closes it without a code", { [url]: { does: [{ atMs: 500, close: true, code: 1005 }] } }, []],
    ["the call ends", { [url]: { does: [] } }, [{ atMs: 500, hangup: true }]],
    ["the call ends before it is open", { [url]: { does: [], afterMs: 9000 } }, [{ atMs: 500, hangup: true }]],
    ["the call ends while it is away", { [url]: { does: [{ atMs: 100, lose: true }] } }, [{ atMs: 500, hangup: true }]],
  ])("has its flow not performed when %s", async (_, bots, script) => {
    const report = await run([stream({ reconnect: 5, ...fallback })], bots, { script });
    expect(data(report, "flow.replaced")).toEqual([]);
    expect(heard(report)).toEqual([]);
  });

  it("uses its standby when it cannot be opened", async () => {
    const report = await run([stream({ standby_url: url2, ...fallback })], { [url2]: { does: [{ atMs: 100, say: 200 }, { atMs: 500, close: true }] } });
    expect(heard(report)).toEqual([["stream", 200, 200]]);
    expect(entries(report)).toEqual(["stream.connected", "stream.closed"]);
  });
});
