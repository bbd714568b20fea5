import { Worker } from "node:worker_threads";
import { PiopiyError, workerUrl, type Clock, type Ids, type Timer } from "../base/index.ts";
import { BatchWriter, readBatch, type Batch } from "./batch.ts";
import { Core } from "./core.ts";
import { driveByTimers } from "./drive.ts";
import { watchBeats } from "./heartbeat.ts";
import type { RecordReader } from "./packed-samples.ts";
import { SampleRecord, type Command, type CommandPort, type Report, type SampleReports } from "./protocol.ts";
import type { PumpChoice } from "./udp-port.ts";

/** Where the engine's core runs: the calling thread, or a worker. */
export interface Host extends CommandPort {
  stop(): Promise<void>;
}

export interface HostHooks {
  readonly report: (report: Report) => void;
  /** Whoever gets samples may keep them. */
  readonly samples: SampleReports;
  /** The thread has ended, asked or not, or hangs and is being ended; nothing more comes. Told once. */
  readonly ended: (failure: Error | undefined, hung: boolean) => void;
}

/** Where sockets are bound, and by what. */
export interface SocketPlace {
  readonly host: string;
  readonly pump: PumpChoice;
}

/** Runs the core in the calling thread. */
export function localHost(place: SocketPlace, clock: Clock, ids: Ids, { report, samples, ended }: HostHooks): Host {
  const core = new Core({ ...place, tell: report, samples: copying(samples), monotonicMs: () => clock.monotonicMs(), ids });
  const drive = driveByTimers(core, clock);
  return {
    send(command) {
      core.send(command);
      drive.changed();
    },
    samples: (session, playback, portion) => core.samples(session, playback, portion.slice()),
    relayed: (session, link, frame) => core.relayed(session, link, frame.slice()),
    async stop() {
      await core.stop();
      ended(undefined, false);
    },
  };
}

/** The core uses its arrays again at once. */
const copying = ({ heard, tapped, relay }: SampleReports): SampleReports => ({
  heard: (session, frame) => heard(session, frame.slice()),
  tapped: (session, received, sent) => tapped(session, received.slice(), sent.slice()),
  relay: (session, link, frame) => relay(session, link, frame.slice()),
});

/** What a worker is told when it starts. */
export interface WorkerSettings extends SocketPlace {
  /** A 32-bit word: it is notified when a command has been posted, to end the worker's wait. */
  readonly wake: Int32Array;
  /** A 32-bit word that the worker counts up for as long as it is alive. */
  readonly beats: Int32Array;
}

/** Starts the worker's thread; a test puts its own in place to end it. */
export type StartWorker = (settings: WorkerSettings) => Worker;

/**
 * Three times what the newest objects of the thread may take before they are looked through, in MB. Left to itself that grows
 * to 16 MB and as much again to copy to, for a thread that hardly makes an object for its packets.
 */
const YOUNG_MB = 3;

export const startWorker: StartWorker = (settings) =>
  new Worker(workerUrl(import.meta.url, "worker"), { workerData: settings, resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB } });

/** Runs the core on a thread of its own; resolves when it is ready to take commands. One that hangs is ended. */
export function workerHost(place: SocketPlace, start: StartWorker, clock: Clock, hooks: HostHooks): Promise<Host> {
  const wake = new Int32Array(new SharedArrayBuffer(4));
  const beats = new Int32Array(new SharedArrayBuffer(4));
  const worker = start({ ...place, wake, beats });
  const running: Host = {
    ...postCommands(worker, wake),
    async stop() {
      await worker.terminate();
    },
  };
  return new Promise((resolve, reject) => {
    let failure: Error | undefined;
    let over = false;
    const end = (hung: boolean) => {
      if (over) return;
      over = true;
      watch?.cancel();
      reject(failure ?? new Error("the media thread has ended"));
      hooks.ended(failure, hung);
    };
    const hangs = () => {
      failure = new PiopiyError("media_failed", "The media thread hangs.");
      // That may take as long as it likes: nobody waits for it.
      void worker.terminate();
      end(true);
    };
    let watch: Timer | undefined;
    // Before, it loads its program: on a busy machine that takes its time.
    const ready = () => {
      watch ??= watchBeats(clock, beats, hangs);
      resolve(running);
    };
    const report = (one: Report) => (one.type === "ready" ? ready() : hooks.report(one));
    worker.on("message", (batch: Batch<Report>) => readBatch(batch, report, recordTo(hooks.samples)));
    worker.on("error", (error) => {
      failure ??= error instanceof Error ? error : new Error(String(error));
      reject(failure);
    });
    worker.on("exit", () => end(false));
  });
}

/**
 * Commands of one turn of the event loop are one message. It ends the worker's wait, unless all of it are samples:
 * nobody waits for them before the next turn of their session, and before that the worker looks by itself.
 */
function postCommands(worker: Worker, wake: Int32Array): CommandPort {
  const batch = new BatchWriter<Command>();
  let posting = false;
  let waking = false;
  const post = () => {
    batch.take((message, transfer) => worker.postMessage(message, transfer));
    if (waking) {
      Atomics.add(wake, 0, 1);
      Atomics.notify(wake, 0);
    }
    posting = waking = false;
  };
  const later = () => {
    if (!posting) setImmediate(post);
    posting = true;
  };
  return {
    send(command) {
      batch.add(command);
      waking = true;
      later();
    },
    samples(session, playback, portion) {
      batch.addSamples(SampleRecord.samples, session, playback, portion);
      later();
    },
    relayed(session, link, frame) {
      batch.addSamples(SampleRecord.relayed, session, link, frame);
      later();
    },
  };
}

/** The samples are views of a buffer that nobody else has. */
const recordTo = ({ heard, tapped, relay }: SampleReports): RecordReader => {
  return (kind, session, detail, samples, more) => {
    if (kind === SampleRecord.heard) heard(session, samples);
    else if (kind === SampleRecord.tapped) tapped(session, samples, more);
    else relay(session, detail, samples);
  };
};
