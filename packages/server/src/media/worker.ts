import { parentPort, receiveMessageOnPort, workerData } from "node:worker_threads";
import { systemClock } from "../base/index.ts";
import { readBatch, type Batch } from "./batch.ts";
import { Core } from "./core.ts";
import { beat } from "./heartbeat.ts";
import type { WorkerSettings } from "./host.ts";
import type { RecordReader } from "./packed-samples.ts";
import { SampleRecord, type Command } from "./protocol.ts";
import { threadPump } from "./pump.ts";
import { createReportBatch } from "./report-batch.ts";
import { driveByWaiting } from "./wait.ts";

const settings: WorkerSettings = workerData;
const port = parentPort;

if (port) {
  const monotonicMs = () => systemClock.monotonicMs();
  // While the drive turns, it flushes in each turn itself.
  const told = () => void (drive.turning || setImmediate(() => batch.flush(monotonicMs())));
  const batch = createReportBatch((reports, transfer) => port.postMessage(reports, transfer), told);
  const core = new Core({ host: settings.host, pump: settings.pump, tell: batch.tell, samples: batch.samples, monotonicMs });
  const command = (one: Command) => core.send(one);
  const record: RecordReader = (kind, session, detail, samples) =>
    kind === SampleRecord.samples ? core.samples(session, detail, samples) : core.relayed(session, detail, samples);
  const handle = (commands: Batch<Command>) => readBatch(commands, command, record);
  const pump = settings.pump === "off" ? undefined : threadPump();
  const drain = () => {
    for (let next = receiveMessageOnPort(port); next; next = receiveMessageOnPort(port)) handle(next.message);
    // What came during the wait is in time for this turn: also after a stall, when it would seem late behind it.
    pump?.read();
  };
  const drive = driveByWaiting(core, settings.wake, monotonicMs, { drain, flush: batch.flush });
  port.on("message", (commands: Batch<Command>) => {
    handle(commands);
    drive.changed();
  });
  pump?.favour();
  beat(systemClock, settings.beats);
  batch.tell({ type: "ready" });
}
