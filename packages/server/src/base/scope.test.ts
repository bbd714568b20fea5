import { getEventListeners } from "node:events";
import { describe, expect, it } from "vitest";
import { abortable, aborted, scope } from "./scope.ts";

describe("scope", () => {
  it("ends with its parent, with the parent's reason", () => {
    const parent = new AbortController();
    const child = scope(parent.signal);
    parent.abort("over");
    expect(child.signal.reason).toBe("over");
    expect(scope(parent.signal).signal.reason).toBe("over");
  });

  it("leaves nothing on a parent that lives on", () => {
    const parent = new AbortController();
    for (let i = 0; i < 100; i++) {
      using child = scope(parent.signal);
      child.onClose(() => undefined);
    }
    expect(getEventListeners(parent.signal, "abort")).toEqual([]);
  });

  it("owns the failure of its background work", async () => {
    const failures: unknown[] = [];
    const owner = scope(undefined, (failure) => failures.push(failure));
    owner.run(() => Promise.reject(new Error("broken")));
    await aborted(owner.signal);
    expect(failures).toEqual([new Error("broken")]);
    expect(owner.signal.reason).toEqual(new Error("broken"));
  });

  it("does not report what fails because it was closed", async () => {
    const failures: unknown[] = [];
    const owner = scope(undefined, (failure) => failures.push(failure));
    owner.run(async (signal) => {
      throw await aborted(signal);
    });
    owner.close("done");
    await new Promise((resolve) => setImmediate(resolve));
    expect(failures).toEqual([]);
  });

  it("releases once, at once when it has ended already", () => {
    const owner = scope();
    let released = 0;
    owner.onClose(() => (released += 1));
    owner.close();
    owner.close();
    owner.onClose(() => (released += 10));
    expect(released).toBe(11);
  });
});

describe("abortable", () => {
  it("gives the result, the failure, or the reason of the abort, and leaves no listener", async () => {
    const controller = new AbortController();
    expect(await abortable(Promise.resolve(1), controller.signal)).toBe(1);
    await expect(abortable(Promise.reject(new Error("no")), controller.signal)).rejects.toThrow("no");
    expect(getEventListeners(controller.signal, "abort")).toEqual([]);
    const waiting = abortable(new Promise(() => undefined), controller.signal);
    controller.abort("stop");
    await expect(waiting).rejects.toBe("stop");
  });
});
