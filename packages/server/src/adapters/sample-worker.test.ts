import { afterEach, describe, expect, it } from "vitest";
import { systemClock, VirtualClock, type Clock } from "../base/index.ts";
import { createSampleWorker, type SampleWorker } from "./sample-worker.ts";

const never = new AbortController().signal;
/** A thread that does what each message says, and answers with how many messages it has seen. */
const program = `
  const { parentPort } = require("node:worker_threads");
  let seen = 0;
  parentPort.on("message", (message) => {
    seen += 1;
    if (message === "crash") process.exit(3);
    if (message === "throw") throw new Error("no");
    if (message === "hang") for (;;);
    if (message === "wait") return;
    if (message === "nonsense") return parentPort.postMessage({ ok: true, samples: "x" });
    if (message === "refuse") return parentPort.postMessage({ ok: false, why: "It will not." });
    parentPort.postMessage({ ok: true, samples: Int16Array.of(seen) });
  });
`;
const open: SampleWorker<string>[] = [];
function worker(clock: Clock = systemClock, maxWaiting = 10) {
  const made = createSampleWorker<string>({
    url: new URL(`data:text/javascript,${encodeURIComponent(`import { createRequire } from "node:module"; const require = createRequire("file:///"); ${program}`)}`),
    clock, timeoutMs: 5000, maxWaiting, code: "speech_failed",
  });
  open.push(made);
  return made;
}
afterEach(async () => {
  for (const made of open.splice(0)) await made.close();
});

describe("a worker", () => {
  it("stays warm and serves in order", async () => {
    const made = worker();
    const replies = await Promise.all(["a", "b", "c"].map((message) => made.request(message, never)));
    expect(replies.map((samples) => samples[0])).toEqual([1, 2, 3]);
  });

  it.each([["crash", "ended"], ["throw", "ended"], ["nonsense", "nonsense"], ["refuse", "It will not."]])("that meets %s fails only that request", async (message, why) => {
    const made = worker();
    const [before, failed, after] = await Promise.allSettled(["a", message, "b"].map((one) => made.request(one, never)));
    expect(before).toMatchObject({ status: "fulfilled" });
    expect(failed).toMatchObject({ status: "rejected", reason: { code: "speech_failed", message: expect.stringContaining(why) } });
    expect(after).toMatchObject({ status: "fulfilled" });
  });

  it("that hangs is replaced after its time", async () => {
    const clock = new VirtualClock();
    const made = worker(clock);
    await made.request("a", never);
    const hung = made.request("hang", never);
    const after = made.request("b", never);
    const failure = hung.catch((reason: unknown) => reason);
    await clock.advance(5000);
    expect(await failure).toMatchObject({ code: "speech_failed", message: expect.stringContaining("5000 ms") });
    expect((await after)[0]).toBe(1);
    expect(clock.timers).toBe(0);
  });

  it("refuses when too much waits", async () => {
    const made = worker(systemClock, 1);
    const first = made.request("a", never);
    const second = made.request("b", never);
    await expect(made.request("c", never)).rejects.toMatchObject({ code: "speech_failed", message: expect.stringContaining("Too much") });
    await Promise.all([first, second]);
  });

  it("lets a request go whose caller has gone", async () => {
    const made = worker();
    const caller = new AbortController();
    const first = made.request("a", never);
    const second = made.request("b", caller.signal);
    const third = made.request("c", never);
    caller.abort("gone");
    await expect(second).rejects.toBe("gone");
    expect([(await first)[0], (await third)[0]]).toEqual([1, 2]);
    await expect(made.request("d", caller.signal)).rejects.toBe("gone");
  });

  it("when closed fails what waits and what comes", async () => {
    const made = worker();
    const waiting = Promise.allSettled([made.request("wait", never), made.request("b", never)]);
    await made.close();
    expect((await waiting).map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    await expect(made.request("c", never)).rejects.toMatchObject({ code: "speech_failed", message: expect.stringContaining("shutting down") });
    await made.close();
  });
});
