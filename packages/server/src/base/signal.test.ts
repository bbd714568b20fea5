import { once } from "node:events";
import { describe, expect, it } from "vitest";
import { Signal } from "./signal.ts";

describe("signal", () => {
  it("tells each of its listeners once, in their order, and none that comes too late", () => {
    const signal = new Signal();
    const told: string[] = [];
    const twice = () => void told.push("twice");
    signal.addEventListener("abort", twice);
    signal.addEventListener("abort", { handleEvent: ({ type }: Event) => void told.push(type) });
    signal.addEventListener("abort", twice);
    signal.addEventListener("other", () => void told.push("other"));
    signal.onabort = () => void told.push("first");
    signal.abort("over");
    signal.abort("again");
    signal.addEventListener("abort", () => void told.push("late"));
    expect(told).toEqual(["first", "twice", "abort"]);
    expect(signal.reason).toBe("over");
    expect(() => signal.throwIfAborted()).toThrow("over");
  });

  it("does not tell who was removed, also by one that was told before", () => {
    const signal = new Signal();
    const told: number[] = [];
    const listeners = Array.from({ length: 9 }, (_, index) => () => {
      told.push(index);
      for (const listener of listeners.slice(index + 1, -1)) signal.removeEventListener("abort", listener);
    });
    for (const listener of listeners) signal.addEventListener("abort", listener);
    signal.abort("over");
    expect(told).toEqual([0, 8]);
  });

  it("tells the others when one throws, whose failure is the process's", async () => {
    const before = process.listeners("uncaughtException");
    process.removeAllListeners("uncaughtException");
    try {
      const failure = once(process, "uncaughtException");
      const signal = new Signal();
      let told = false;
      signal.addEventListener("abort", () => {
        throw new Error("broken");
      });
      signal.addEventListener("abort", () => (told = true));
      signal.abort("over");
      expect(told).toBe(true);
      expect((await failure)[0]).toEqual(new Error("broken"));
    } finally {
      for (const listener of before) process.on("uncaughtException", listener);
    }
  });

  it("is taken for a signal by Node and by fetch", async () => {
    const signal = new Signal();
    expect(signal).toBeInstanceOf(AbortSignal);
    const event = once(new EventTarget(), "never", { signal });
    const request = fetch("http://127.0.0.1:9", { signal });
    signal.abort(new Error("over"));
    await expect(event).rejects.toMatchObject({ name: "AbortError", cause: new Error("over") });
    await expect(request).rejects.toThrow("over");
  });
});
