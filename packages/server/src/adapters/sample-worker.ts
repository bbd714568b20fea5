import { Worker, type WorkerOptions } from "node:worker_threads";
import { PiopiyError, type Clock, type ErrorCode, type Timer } from "../base/index.ts";

/** A thread that turns requests into samples, one after the other. */
export interface SampleWorker<Request> {
  /** Fails with the worker's error code when the work fails, takes too long, or the thread ends under it. */
  request(message: Request, signal: AbortSignal): Promise<Int16Array>;
  close(): Promise<void>;
}

/** What the thread answers to each message. `why` carries no personal data. */
export type SampleReply =
  | { readonly ok: true; readonly samples: Int16Array }
  | { readonly ok: false; readonly why: string };

export interface SampleWorkerOptions {
  readonly url: URL;
  readonly options?: WorkerOptions;
  readonly clock: Clock;
  /** The longest a single request may take, the start of the thread included. */
  readonly timeoutMs: number;
  /** How many requests may wait; further ones are refused. */
  readonly maxWaiting: number;
  readonly code: ErrorCode;
}

interface Job {
  readonly message: unknown;
  readonly transfer: readonly ArrayBuffer[];
  settle(reply: SampleReply): void;
}

const shuttingDown = { ok: false, why: "The server is shutting down." } as const;

/** The thread starts with the first request, stays warm, and is replaced when it crashes or hangs. */
export function createSampleWorker<Request>(
  options: SampleWorkerOptions,
  transferOf: (message: Request) => readonly ArrayBuffer[] = () => [],
): SampleWorker<Request> {
  const line = new WaitingLine(options);
  return {
    request(message, signal) {
      return new Promise((resolve, reject) => {
        const aborted = () => {
          line.leave(job);
          reject(signal.reason);
        };
        const settle = (reply: SampleReply) => {
          signal.removeEventListener("abort", aborted);
          if (reply.ok) resolve(reply.samples);
          else reject(new PiopiyError(options.code, reply.why));
        };
        const job = { message, transfer: transferOf(message), settle };
        if (signal.aborted) return aborted();
        signal.addEventListener("abort", aborted, { once: true });
        return line.join(job);
      });
    },
    close: () => line.close(),
  };
}

class WaitingLine {
  readonly #options: SampleWorkerOptions;
  readonly #waiting: Job[] = [];
  readonly #ending = new Set<Promise<unknown>>();
  #thread: Worker | undefined;
  #running: { readonly job: Job; readonly timer: Timer } | undefined;
  #closed = false;

  constructor(options: SampleWorkerOptions) {
    this.#options = options;
  }

  join(job: Job): void {
    if (this.#closed) return job.settle(shuttingDown);
    if (this.#waiting.length >= this.#options.maxWaiting) return job.settle({ ok: false, why: "Too much is waiting for it already." });
    this.#waiting.push(job);
    return this.#next();
  }

  /** Gives up a job that has not begun; one that has goes on, and nobody hears of it. */
  leave(job: Job): void {
    const at = this.#waiting.indexOf(job);
    if (at >= 0) this.#waiting.splice(at, 1);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#drop();
    this.#finish(shuttingDown);
    for (const job of this.#waiting.splice(0)) job.settle(shuttingDown);
    await Promise.all(this.#ending);
  }

  #next(): void {
    if (this.#running || this.#closed) return;
    const job = this.#waiting.shift();
    if (!job) return;
    const { clock, timeoutMs } = this.#options;
    const late = () => {
      this.#drop();
      this.#finish({ ok: false, why: `It took longer than ${timeoutMs} ms.` });
    };
    this.#running = { job, timer: clock.setTimer(timeoutMs, late) };
    this.#thread ??= this.#start();
    this.#thread.ref();
    this.#thread.postMessage(job.message, job.transfer);
  }

  #finish(reply: SampleReply): void {
    const done = this.#running;
    this.#running = undefined;
    done?.timer.cancel();
    // An idle thread does not keep the process alive.
    this.#thread?.unref();
    done?.job.settle(reply);
    this.#next();
  }

  #start(): Worker {
    const started = new Worker(this.#options.url, this.#options.options);
    const lost = () => {
      if (this.#thread !== started) return;
      this.#thread = undefined;
      this.#finish({ ok: false, why: "The worker thread ended." });
    };
    started.on("message", (reply: unknown) => {
      if (this.#thread === started) this.#finish(isReply(reply) ? reply : { ok: false, why: "The worker thread answered nonsense." });
    });
    started.on("error", lost);
    started.on("exit", lost);
    return started;
  }

  #drop(): void {
    const ended = this.#thread?.terminate();
    this.#thread = undefined;
    if (!ended) return;
    this.#ending.add(ended);
    const forget = () => void this.#ending.delete(ended);
    ended.then(forget, forget);
  }
}

function isReply(reply: unknown): reply is SampleReply {
  if (typeof reply !== "object" || reply === null || !("ok" in reply)) return false;
  if (reply.ok === true) return "samples" in reply && reply.samples instanceof Int16Array;
  return reply.ok === false && "why" in reply && typeof reply.why === "string";
}
