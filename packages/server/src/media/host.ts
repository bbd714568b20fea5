import { Worker } from "node:worker_threads";
import { workerUrl, type Clock, type Ids } from "../base/index.ts";
import { Core } from "./core.ts";
import { driveByTimers } from "./drive.ts";
import type { Command, Report, Tell } from "./protocol.ts";

/** Where the engine's core runs: the calling thread, or a worker. */
export interface Host {
  send(command: Command, transfer?: readonly ArrayBuffer[]): void;
  stop(): Promise<void>;
}

export interface HostHooks {
  readonly report: (report: Report) => void;
  /** The thread has ended, asked or not; nothing more comes. */
  readonly ended: (failure: Error | undefined) => void;
}

/** Runs the core in the calling thread. */
export function localHost(host: string, clock: Clock, ids: Ids, hooks: HostHooks): Host {
  const tell: Tell = (report) => hooks.report(report);
  const core = new Core({ host, tell, monotonicMs: () => clock.monotonicMs(), ids });
  const handle = driveByTimers(core, clock);
  return {
    send: handle,
    async stop() {
      await core.stop();
      hooks.ended(undefined);
    },
  };
}

/** What a worker is told when it starts. */
export interface WorkerSettings {
  readonly host: string;
  /** A 32-bit word: it is notified when a command has been posted, to end the worker's wait. */
  readonly wake: Int32Array;
}

/** Starts the worker's thread; a test puts its own in place to end it. */
export type StartWorker = (settings: WorkerSettings) => Worker;

export const startWorker: StartWorker = (settings) => new Worker(workerUrl(import.meta.url, "worker"), { workerData: settings });

/** Runs the core on a thread of its own; resolves when it is ready to take commands. */
export function workerHost(host: string, start: StartWorker, hooks: HostHooks): Promise<Host> {
  const wake = new Int32Array(new SharedArrayBuffer(4));
  const worker = start({ host, wake });
  const running: Host = {
    send(command, transfer = []) {
      worker.postMessage(command, transfer);
      Atomics.add(wake, 0, 1);
      Atomics.notify(wake, 0);
    },
    async stop() {
      await worker.terminate();
    },
  };
  return new Promise((resolve, reject) => {
    let failure: Error | undefined;
    worker.on("message", (reports: readonly Report[]) => {
      for (const report of reports) {
        if (report.type === "ready") resolve(running);
        else hooks.report(report);
      }
    });
    worker.on("error", (error) => {
      failure = error instanceof Error ? error : new Error(String(error));
      reject(failure);
    });
    worker.on("exit", () => {
      reject(failure ?? new Error("the media thread has ended"));
      hooks.ended(failure);
    });
  });
}
