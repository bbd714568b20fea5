import type { Worker } from "node:worker_threads";
import { describe, expect, it } from "vitest";
import { app, startReceiver, startWorld, toneWav, until } from "./server-world.test.support.ts";

// The workers are those that the server really runs; they run what was built last.

/** The threads that are started meanwhile. */
async function threadsStartedBy<T>(work: () => Promise<T>): Promise<readonly [T, readonly Worker[]]> {
  const threads: Worker[] = [];
  const started = (thread: Worker) => void threads.push(thread);
  process.on("worker", started);
  try {
    return [await work(), threads];
  } finally {
    process.off("worker", started);
  }
}

const tones = [620, 800, 1000, 1240] as const;

describe("a media thread that dies", () => {
  it("ends its calls with a cause; the others go on, and a new thread takes new calls", async () => {
    const hooks = await startReceiver(() => ({}));
    const config = { apps: [{ ...app, event_url: `${hooks.url}/event`, cdr_url: `${hooks.url}/cdr` }] };
    const [world, threads] = await threadsStartedBy(() => startWorld({ phones: 8, workers: 2, config }));
    try {
      await Promise.all(tones.map((hz) => world.media(`${hz}.wav`, toneWav(hz, 30_000))));
      const phones = await Promise.all(tones.map(() => world.phone()));
      const place = async (index: number) => {
        const phone = phones[index % phones.length]!;
        const hz = tones[index % tones.length]!;
        const picksUp = phone.nextCall();
        const id = await world.call(phone.username, [{ action: "play", file_name: `${hz}.wav` }, { action: "hangup" }]);
        const call = await picksUp;
        await call.hears(hz);
        return { id, call, hz };
      };
      const calls = await Promise.all(tones.map((_, index) => place(index)));
      const anew: Worker[] = [];
      const started = (thread: Worker) => void anew.push(thread);
      process.on("worker", started);
      try {
        // The first thread that a server starts is of its media.
        await threads[0]!.terminate();
        const ended = await until("the end of the calls of one thread", async () => {
          const records = await Promise.all(calls.map(({ id }) => world.record(id)));
          const over = records.filter(({ status }) => status === "ended");
          return over.length === 2 ? over : undefined;
        });
        for (const { cause, legs, timeline } of ended) {
          expect(cause).toBe("media_failed");
          expect(legs).toMatchObject([{ status: "ended", cause: "media_failed", ended_by: "us" }]);
          expect(timeline.find(({ type }) => type === "leg.ended")).toMatchObject({ data: { reason: "media_failed", who: "us" } });
        }
        const lost = calls.filter(({ call }) => call.leg.signal.aborted);
        const alive = calls.filter(({ call }) => !call.leg.signal.aborted);
        expect([lost.length, alive.length]).toEqual([2, 2]);
        for (const { call } of lost) expect(await call.ended).toMatchObject({ who: "peer" });
        await Promise.all(alive.map(({ call, hz }) => call.hears(hz)));

        const told = (path: string) => hooks.received.filter((one) => one.path === path).map(({ body }) => body);
        await until("the records of the lost calls", () => (told("/cdr").length >= 2 ? true : undefined));
        expect(told("/cdr").map((body) => body["hangup_reason"])).toEqual(["media_failed", "media_failed"]);
        await until("the ends of the lost calls", () => (told("/event").filter(({ status }) => status === "out_hangup").length >= 2 ? true : undefined));

        // As many calls as before, on as many threads as before.
        await until("the new thread", () => anew[0]);
        const more = await Promise.all(lost.map((one) => place(calls.indexOf(one))));
        expect(await world.metric("piopiy_media_sessions")).toBe(4);
        expect(await world.metric("piopiy_media_up")).toBe(1);
        expect(await world.metric("piopiy_media_threads")).toBe(2);
        expect(await world.metric('piopiy_media_threads_lost_total{why="died"}')).toBe(1);
        expect(await world.metric('piopiy_media_threads_lost_total{why="hung"}')).toBe(0);
        await Promise.all([...alive, ...more].map(({ call }) => call.hangup()));
        await Promise.all([...alive, ...more].map(({ id }) => world.ended(id)));
        expect(await world.metric("piopiy_media_sessions")).toBe(0);
        expect(anew).toHaveLength(1);
      } finally {
        process.off("worker", started);
      }
    } finally {
      await world.close();
      await hooks.close();
    }
  });
});
