import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { systemClock } from "./base/clock.ts";
import {
  PiopiyAbortedError, PiopiyConnectionError, PiopiyError, PiopiyRateLimitError, PiopiyServerError, PiopiyTimeoutError,
  RestClient, type Fetch, type RestClientOptions,
} from "./index.ts";

// Time is virtual, and begins at 2026-01-01T00:00Z: minutes of waiting pass in milliseconds.
beforeEach(() => {
  vi.stubEnv("PIOPIY_BASE_URL", "");
  vi.useFakeTimers({ now: 1_767_225_600_000 });
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllEnvs();
});

const selfHosted = { baseUrl: "http://127.0.0.1:3000" };
const success = { request_id: "r1", status: "progress", code: 200 };

interface Step {
  readonly status?: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** Rejects with this code in `cause`, as Node's fetch does. */
  readonly fails?: string;
  /** Never answers. */
  readonly hangs?: true;
}

interface Attempted {
  readonly atMs: number;
  readonly key: string | undefined;
}

const ok: Step = {};
const refused: Step = { fails: "ECONNREFUSED" };
const reset: Step = { fails: "ECONNRESET" };
const hangs: Step = { hangs: true };
const idempotent = { "piopiy-idempotency": "1" };

/** A fetch that follows a script; what it does after the script's end would be a second call. */
function scripted(steps: readonly Step[]): { readonly fetch: Fetch; readonly attempts: Attempted[] } {
  const attempts: Attempted[] = [];
  const startMs = systemClock.now();
  const fetch: Fetch = async (_url, init) => {
    const step = steps[attempts.length];
    attempts.push({ atMs: systemClock.now() - startMs, key: init.headers["idempotency-key"] });
    if (!step) throw new Error("one attempt too many");
    if (step.hangs) return new Promise((_, reject) => init.signal.addEventListener("abort", () => reject(init.signal.reason)));
    if (step.fails) throw new TypeError("fetch failed", { cause: Object.assign(new Error(step.fails), { code: step.fails }) });
    const { status = 200, body = success, headers = {} } = step;
    return new Response(typeof body === "string" ? body : JSON.stringify(body), { status, headers });
  };
  return { fetch, attempts };
}

async function outcome(work: Promise<unknown>): Promise<unknown> {
  let settled = false;
  const result = work.then((value) => value, (error: unknown) => error).finally(() => (settled = true));
  for (let turns = 0; turns < 1000 && !settled; turns++) {
    await vi.advanceTimersByTimeAsync(0);
    if (!settled) await vi.advanceTimersToNextTimerAsync();
  }
  return result;
}

function place(steps: readonly Step[], options: RestClientOptions = {}) {
  const { fetch, attempts } = scripted(steps);
  const client = new RestClient(1234567, "secret-x", { fetch, ...options });
  return { attempts, result: outcome(client.voice.call(919400000001, 918000000000, 918000000001)) };
}

describe("the creation of a call", () => {
  const cases: readonly (readonly [string, RestClientOptions, readonly Step[], "succeeds" | typeof PiopiyError])[] = [
    ["is retried when the connection was refused", {}, [refused, ok], "succeeds"],
    ["is retried when the name is not found", {}, [{ fails: "ENOTFOUND" }, { fails: "EAI_AGAIN" }, ok], "succeeds"],
    ["is retried after 429 and 503", {}, [{ status: 429 }, { status: 503 }, ok], "succeeds"],
    ["is retried after a 429 told in a body", {}, [{ body: { cmi_code: 429 } }, ok], "succeeds"],
    ["is not retried at the hosted service when the connection broke", {}, [reset], PiopiyConnectionError],
    ["is not retried at the hosted service after a timeout", {}, [hangs], PiopiyTimeoutError],
    ["is not retried at the hosted service after 500", {}, [{ status: 500 }], PiopiyServerError],
    ["is not retried at the hosted service after 502", {}, [{ status: 502, body: "Bad gateway" }], PiopiyServerError],
    ["does not trust the hosted service to be idempotent", {}, [{ status: 500, headers: idempotent }], PiopiyServerError],
    ["is not retried at a server that does not say it is idempotent", selfHosted, [{ status: 500 }], PiopiyServerError],
    ["is retried after 500 at a server that says it is idempotent", selfHosted, [{ status: 500, headers: idempotent }, ok], "succeeds"],
    ["remembers that the server is idempotent", selfHosted, [{ status: 429, headers: idempotent }, reset, ok], "succeeds"],
    ["is retried after anything when the caller says idempotent", { idempotent: true }, [hangs, reset, ok], "succeeds"],
    ["is not retried after 501", { idempotent: true }, [{ status: 501 }], PiopiyServerError],
    ["is not retried when it was refused", { idempotent: true }, [{ status: 422 }], PiopiyError],
    ["gives up after maxRetries", { maxRetries: 1 }, [refused, refused], PiopiyConnectionError],
    ["is tried once with maxRetries 0", { maxRetries: 0 }, [{ status: 503 }], PiopiyServerError],
    ["follows no redirect", { idempotent: true }, [{ status: 307, headers: { location: "http://elsewhere.example" } }], PiopiyError],
  ];

  it.each(cases)("%s", async (_, options, steps, expected) => {
    const { attempts, result } = place(steps, options);
    if (expected === "succeeds") expect(await result).toMatchObject(success);
    else expect(await result).toBeInstanceOf(expected);
    expect(attempts).toHaveLength(steps.length);
    expect(attempts.map(({ key }) => key)).toEqual(attempts.map(() => attempts[0]?.key));
    expect(attempts[0]?.key).toMatch(/^[\w-]{36}$/);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("remembers across calls, and gives each call a key of its own", async () => {
    const { fetch, attempts } = scripted([{ headers: idempotent }, { status: 500 }, ok]);
    const client = new RestClient(1234567, "secret-x", { fetch, ...selfHosted });
    await outcome(client.voice.call(919400000001, 918000000000, 918000000001));
    expect(await outcome(client.voice.call(919400000001, 918000000000, 918000000001))).toMatchObject(success);
    expect(attempts).toHaveLength(3);
    expect(attempts[1]?.key).not.toBe(attempts[0]?.key);
    expect(attempts[2]?.key).toBe(attempts[1]?.key);
  });

  it("sends the caller's key", async () => {
    const { fetch, attempts } = scripted([refused, ok]);
    const client = new RestClient(1234567, "secret-x", { fetch });
    await outcome(client.voice.call(919400000001, 918000000000, 918000000001, { idempotencyKey: "order-7" }));
    expect(attempts.map(({ key }) => key)).toEqual(["order-7", "order-7"]);
  });

  it("sees through what hides a refused connection", async () => {
    const both = ["ECONNREFUSED", "ECONNREFUSED"].map((code) => Object.assign(new Error(code), { code }));
    let count = 0;
    const fetch: Fetch = async () => {
      if (count++ === 0) throw new TypeError("fetch failed", { cause: new AggregateError(both) });
      return new Response(JSON.stringify(success));
    };
    const client = new RestClient(1234567, "secret-x", { fetch });
    expect(await outcome(client.voice.call(919400000001, 918000000000, 918000000001))).toMatchObject(success);
  });
});

describe("waiting", () => {
  it("backs off longer each time, with jitter", async () => {
    const { attempts, result } = place([refused, refused, refused, ok], { maxRetries: 3 });
    await result;
    const gaps = attempts.slice(1).map(({ atMs }, index) => atMs - attempts[index]!.atMs);
    [[250, 500], [500, 1000], [1000, 2000]].forEach(([least, most], index) => {
      expect(gaps[index]).toBeGreaterThanOrEqual(least!);
      expect(gaps[index]).toBeLessThanOrEqual(most! + 1);
    });
  });

  it.each([
    ["seconds", "7", 7000],
    ["an HTTP date", "Thu, 01 Jan 2026 00:00:09 GMT", 9000],
    ["a date that has passed", "Wed, 31 Dec 2025 00:00:00 GMT", 250],
    ["nonsense", "soon", 250],
  ])("heeds Retry-After in %s", async (_, value, leastMs) => {
    const { attempts, result } = place([{ status: 429, headers: { "retry-after": value } }, ok]);
    expect(await result).toMatchObject(success);
    expect(attempts[1]?.atMs).toBeGreaterThanOrEqual(leastMs);
    expect(attempts[1]?.atMs).toBeLessThanOrEqual(leastMs + 251);
  });

  it("does not wait beyond the deadline, but says how long the server asks", async () => {
    const { attempts, result } = place([{ status: 429, headers: { "retry-after": "3600" } }]);
    const error = await result;
    expect(error).toBeInstanceOf(PiopiyRateLimitError);
    expect(error).toMatchObject({ code: "rate_limit", status: 429, retryAfterMs: 3_600_000 });
    expect(attempts).toHaveLength(1);
  });

  it("ends an attempt at timeoutMs and everything at deadlineMs", async () => {
    const startMs = systemClock.now();
    const { attempts, result } = place([hangs, hangs, hangs, hangs], { idempotent: true, timeoutMs: 4000, deadlineMs: 10_000, maxRetries: 9 });
    const error = await result;
    expect(error).toBeInstanceOf(PiopiyTimeoutError);
    expect(error).toHaveProperty("message", expect.stringContaining("deadlineMs"));
    expect(systemClock.now() - startMs).toBe(10_000);
    expect(attempts).toHaveLength(3);
  });

  it("counts the time a body takes", async () => {
    const fetch: Fetch = async () => ({ status: 200, headers: new Headers(), text: () => new Promise(() => undefined) });
    const client = new RestClient(1234567, "secret-x", { fetch, timeoutMs: 1000 });
    expect(await outcome(client.voice.call(919400000001, 918000000000, 918000000001))).toBeInstanceOf(PiopiyTimeoutError);
  });
});

describe("aborting", () => {
  const call = (client: RestClient, signal: AbortSignal) => client.voice.call(919400000001, 918000000000, 918000000001, { signal });

  it("sends nothing when the signal has aborted", async () => {
    const { fetch, attempts } = scripted([]);
    const error = await outcome(call(new RestClient(1234567, "secret-x", { fetch }), AbortSignal.abort("enough")));
    expect(error).toBeInstanceOf(PiopiyAbortedError);
    expect(error).toMatchObject({ code: "aborted", cause: "enough" });
    expect(attempts).toHaveLength(0);
  });

  it.each([
    ["while the server thinks", [hangs]],
    ["between two attempts", [refused]],
  ])("ends the request %s", async (_, steps) => {
    const { fetch, attempts } = scripted(steps);
    const controller = new AbortController();
    systemClock.setTimer(100, () => controller.abort("enough"));
    const error = await outcome(call(new RestClient(1234567, "secret-x", { fetch }), controller.signal));
    expect(error).toMatchObject({ code: "aborted", cause: "enough" });
    expect(attempts).toHaveLength(1);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("works on a fetch that does not heed its signal", async () => {
    const controller = new AbortController();
    const client = new RestClient(1234567, "secret-x", { fetch: () => new Promise(() => undefined) });
    systemClock.setTimer(100, () => controller.abort());
    expect(await outcome(call(client, controller.signal))).toBeInstanceOf(PiopiyAbortedError);
  });
});

describe("an action on a call", () => {
  const id = "00c6a018-a912-4f1a-a0a0-e522c1851f07";

  it.each(["hangup", "hold", "unhold"] as const)("%s is retried after anything: twice is the same as once", async (name) => {
    const { fetch, attempts } = scripted([reset, { status: 500 }, { body: { code: 200, message: "ok" } }]);
    const client = new RestClient(1234567, "secret-x", { fetch });
    expect(await outcome(client.voice[name](id))).toEqual({ code: 200, message: "ok" });
    expect(attempts).toHaveLength(3);
    expect(attempts[0]?.key).toBeUndefined();
  });

  it("toggle is not retried when it may have been done", async () => {
    const { fetch, attempts } = scripted([reset]);
    const client = new RestClient(1234567, "secret-x", { fetch, idempotent: true });
    expect(await outcome(client.toggle(id))).toBeInstanceOf(PiopiyConnectionError);
    expect(attempts).toHaveLength(1);
  });

  it("is aborted by a signal in its second argument", async () => {
    const { fetch } = scripted([]);
    const client = new RestClient(1234567, "secret-x", { fetch });
    expect(await outcome(client.hangup(id, { signal: AbortSignal.abort() }))).toBeInstanceOf(PiopiyAbortedError);
  });
});
